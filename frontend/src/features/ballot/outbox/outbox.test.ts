import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  vi.stubGlobal("window", new EventTarget());
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** The module after a reload, without its memory. */
async function newPage() {
  vi.resetModules();
  return import("./outbox");
}

test("a ballot is kept until it is dropped, after a reload too", async () => {
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

test("a refused ballot is kept but does not wait", async () => {
  const { keepBallot, refuseBallot, parseBallot, storedBallot, waitingBallot } = await newPage();
  keepBallot("tea", [2]);
  refuseBallot("tea");
  expect(waitingBallot("tea")).toBeUndefined();
  expect(parseBallot(storedBallot("tea"))).toEqual({ refused: [2] });
  refuseBallot("tea");
  expect(parseBallot(storedBallot("tea"))).toEqual({ refused: [2] });
  keepBallot("tea", [1]);
  expect(parseBallot(storedBallot("tea"))).toEqual({ waiting: [1] });
});

test("changes of other tabs are seen at once", async () => {
  const { keepBallot, waitingBallot, watchOtherTabs } = await newPage();
  const before: unknown[] = [];
  const end = watchOtherTabs("tea", (kept) => before.push(kept));
  keepBallot("tea", [1]);
  localStorage.removeItem("tally.ballot.tea");
  for (const key of ["tally.ballot.tea", "tally.ballot.cake", null]) {
    window.dispatchEvent(Object.assign(new Event("storage"), { key, oldValue: key && "[1]" }));
  }
  expect(waitingBallot("tea")).toBeUndefined();
  expect(before).toEqual([{ waiting: [1] }, {}]);
  end();
});

test("only polls with waiting ballots are found", async () => {
  vi.stubGlobal("localStorage", undefined);
  const { waitingPolls } = await newPage();
  expect(waitingPolls()).toEqual([]);
  const stored = {
    "tally.ballot.tea": "[1]",
    "tally.ballot.cake": '{"refused":[1]}',
    "tally.draft.x": "[1]",
  };
  const getItem = (key: keyof typeof stored) => stored[key];
  vi.stubGlobal("localStorage", Object.defineProperty({ ...stored }, "getItem", { value: getItem }));
  expect(waitingPolls()).toEqual(["tea"]);
});

test.each(["", "null", "{}", "[]", '{"refused":[]}', '["1"]', "[1.5]", "[1"])(
  "what is no ballot is none: %s",
  async (stored) => {
    localStorage.setItem("tally.ballot.tea", stored);
    expect((await newPage()).waitingBallot("tea")).toBeUndefined();
  },
);

test("without storage a ballot is kept until a reload", async () => {
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
