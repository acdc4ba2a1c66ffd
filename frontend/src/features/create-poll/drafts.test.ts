import { beforeEach, expect, test, vi } from "vitest";

import { EMPTY_FORM, type PollForm } from "./poll-form";

class Shelf {
  [name: string]: unknown;
  getItem(name: string) {
    return Object.hasOwn(this, name) ? this[name] : null;
  }
  setItem(name: string, value: string) {
    this[name] = value;
  }
  removeItem(name: string) {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete this[name];
  }
}

let device: Shelf;
let clock = 0;

beforeEach(() => {
  device = new Shelf();
  vi.stubGlobal("localStorage", device);
  vi.spyOn(Date, "now").mockImplementation(() => (clock += 1));
});

/** A tab of the browser; `left` is its session storage from before the reload. */
async function tab(left = new Shelf()) {
  const page = new EventTarget();
  vi.resetModules();
  const drafts = await import("./drafts");
  const sees = <T>(work: () => T): T => {
    vi.stubGlobal("sessionStorage", left);
    vi.stubGlobal("window", page);
    return work();
  };
  return {
    left,
    load: () => sees(() => drafts.loadDraft()?.question),
    form: () => sees(drafts.loadDraft),
    save: (question: string) => {
      sees(() => {
        drafts.saveDraft(asking(question));
      });
    },
    clear: () => {
      sees(drafts.clearDraft);
    },
    token: (question: string) => sees(() => drafts.draftToken(asking(question))),
    watch: (current: string) => sees(() => drafts.watchDraft(() => asking(current))),
    leave: () => sees(() => page.dispatchEvent(new Event("pagehide"))),
    hears: (key: string) =>
      sees(() => page.dispatchEvent(Object.assign(new Event("storage"), { key, newValue: null }))),
  };
}

function asking(question: string): PollForm {
  return { ...EMPTY_FORM, question };
}

test("a draft is restored unchanged, in a new tab too", async () => {
  const { saveDraft } = await import("./drafts");
  const form: PollForm = {
    question: "Tea?",
    options: [
      { key: 1, text: "Yes" },
      { key: 2, text: "" },
    ],
    multiple: true,
    closesAt: "2030-01-31T18:00",
    results: "voted",
  };
  saveDraft(form);
  expect((await tab()).form()).toEqual(form);
});

test("a cleared draft and a blank form leave nothing stored", async () => {
  const writer = await tab();
  writer.save("Tea?");
  writer.clear();
  expect(Object.keys(device)).toEqual([]);
  writer.save("Tea?");
  writer.save(" ");
  expect(Object.keys(device)).toEqual([]);
});

test("each tab finds its own draft after a reload, not the other's newer one", async () => {
  const one = await tab();
  one.watch("One?");
  one.save("One?");
  const [key = ""] = Object.keys(device);
  const other = await tab();
  other.load();
  other.save("Other?");
  one.hears(key);
  one.leave();
  expect((await tab(one.left)).load()).toBe("One?");
});

test("a tab stores its draft again after another adopted it", async () => {
  const one = await tab();
  one.save("One?");
  const [key = ""] = Object.keys(device);
  one.watch("One?");
  const other = await tab();
  expect(other.load()).toBe("One?");
  other.save("One and more?");
  expect(Object.keys(device)).toHaveLength(1);
  expect(Object.keys(device)).not.toContain(key);
  one.hears(key);
  expect(Object.keys(device)).toContain(key);
  expect(Object.keys(device)).toHaveLength(2);
});

test("a tab that only shows another's draft does not adopt it", async () => {
  (await tab()).save("One?");
  const other = await tab();
  other.load();
  other.watch("One?");
  other.leave();
  expect((await tab(other.left)).load()).toBe("One?");
  expect(Object.keys(device)).toHaveLength(1);
});

test("a cleared form stays empty after a reload", async () => {
  (await tab()).save("One?");
  const other = await tab();
  other.load();
  other.save("Two?");
  (await tab()).save("Three?");
  other.watch("");
  other.clear();
  other.leave();
  expect((await tab(other.left)).load()).toBeUndefined();
});

test("too many tabs do not remove each other's drafts without end", async () => {
  const tabs = [];
  for (let number = 1; number <= 11; number += 1) {
    const one = await tab();
    one.save(`${number}?`);
    one.watch(`${number}?`);
    tabs.push({ one, key: Object.keys(device).at(-1) ?? "" });
  }
  const before = JSON.stringify(device);
  for (const { one, key } of tabs.filter(({ key }) => !(key in device))) one.hears(key);
  expect(JSON.stringify(device)).toBe(before);
});

test("an invalid closing time is dropped", async () => {
  for (const closesAt of ["garbage", "275761-01-01T00:00", 5]) {
    device["tally.draft.x"] = JSON.stringify({ saved: 1, question: "Tea?", options: [], closesAt });
    expect((await tab()).form()?.closesAt).toBe("");
  }
});

test("only the newest drafts are kept", async () => {
  for (let number = 1; number <= 12; number += 1) (await tab()).save(`${number}?`);
  expect(Object.keys(device)).toHaveLength(10);
  expect((await tab()).load()).toBe("12?");
});

test("invalid stored values are ignored", async () => {
  for (const left of ["not json", "null", "[]", '{"saved":9e9}', '{"saved":9e9,"question":1}']) {
    device.setItem("tally.draft.x", left);
    expect((await tab()).load()).toBeUndefined();
  }
  device.setItem("tally.draft.y", '{"saved":1,"question":"Tea?","options":[1,"Yes"],"results":7}');
  expect((await tab()).form()).toEqual({
    ...asking("Tea?"),
    options: [
      { key: 1, text: "Yes" },
      { key: 2, text: "" },
    ],
  });
});

test("forbidden or full storage breaks nothing else", async () => {
  const full = new Shelf();
  full.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  for (const store of [undefined, full]) {
    vi.stubGlobal("localStorage", store);
    const writer = await tab();
    expect(() => {
      writer.load();
      writer.save("Tea?");
      writer.clear();
      writer.leave();
    }).not.toThrow();
    expect(writer.load()).toBeUndefined();
  }
});

test("an unchanged draft keeps its idempotency key", async () => {
  const first = await tab();
  first.save("Tea?");
  const token = first.token("Tea?");
  expect(token.length).toBeGreaterThanOrEqual(32);
  expect(first.token("Tea?")).toBe(token);
  first.leave();
  const reloaded = await tab(first.left);
  reloaded.load();
  expect(reloaded.token("Tea?")).toBe(token);
  reloaded.save("Coffee?");
  const other = reloaded.token("Coffee?");
  expect(other).not.toBe(token);
  reloaded.clear();
  expect(reloaded.token("Coffee?")).not.toBe(other);
});

test("a draft changed after sending is cancelled, after a reload too", async () => {
  const abandoned = () => Object.keys(device).filter((name) => name.startsWith("tally.abandoned."));
  const first = await tab();
  first.save("Tea?");
  const token = first.token("Tea?");
  first.watch("Tea?");
  first.leave();
  const reloaded = await tab(first.left);
  reloaded.load();
  expect(abandoned()).toEqual([]);
  reloaded.save("Coffee?");
  expect(abandoned()).toEqual([`tally.abandoned.${token}`]);
  expect(device[`tally.abandoned.${token}`]).toContain('"question":"Tea?"');
  reloaded.token("Coffee?");
  reloaded.clear(); // after it was opened
  expect(abandoned()).toHaveLength(1);
});

test("adopting a sent draft does not cancel it", async () => {
  const one = await tab();
  one.save("Tea?");
  one.token("Tea?");
  const other = await tab();
  other.load();
  other.save("Coffee?");
  expect(Object.keys(device).filter((name) => name.startsWith("tally.abandoned."))).toEqual([]);
});
