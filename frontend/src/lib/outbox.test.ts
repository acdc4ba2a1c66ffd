import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** The module as a page has it that was loaded just now: what it held in memory is gone. */
async function newPage() {
  vi.resetModules();
  return import("./outbox");
}

test("a ballot waits for its poll until it is dropped, also on a page that is loaded again", async () => {
  const first = await newPage();
  first.keepBallot("tea", [1]);
  first.keepBallot("tea", [2, 3]);
  first.keepBallot("cake", [1]);
  const second = await newPage();
  expect(second.waitingBallot("tea")).toEqual([2, 3]);
  second.dropBallot("tea");
  const third = await newPage();
  expect(third.waitingBallot("tea")).toBeUndefined();
  expect(third.waitingBallot("cake")).toEqual([1]);
});

test.each(["", "null", "{}", "[]", '["1"]', "[1.5]", "[1"])(
  "what is no ballot is none: %s",
  async (stored) => {
    localStorage.setItem("tally.ballot.tea", stored);
    expect((await newPage()).waitingBallot("tea")).toBeUndefined();
  },
);

test("where storage is forbidden a ballot waits as long as the page is there", async () => {
  const forbid = () => {
    throw new DOMException("no", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: forbid, setItem: forbid, removeItem: forbid });
  const { keepBallot, waitingBallot, dropBallot } = await newPage();
  expect(waitingBallot("tea")).toBeUndefined();
  keepBallot("tea", [1]);
  expect(waitingBallot("tea")).toEqual([1]);
  dropBallot("tea");
  expect(waitingBallot("tea")).toBeUndefined();
});
