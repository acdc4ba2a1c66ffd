import { beforeEach, expect, test, vi } from "vitest";

import { forget, knownKey, knownPolls, remember } from "./known-polls";

const store = new Map<string, string>();

beforeEach(() => {
  store.clear();
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => store.get(name) ?? null,
    setItem: (name: string, value: string) => store.set(name, value),
  });
});

test("a poll is stored once, the newest first", () => {
  remember({ id: "a", key: "1", question: "A?" });
  remember({ id: "b", key: "2", question: "B?" });
  remember({ id: "a", key: "1", question: "A again?" });
  expect(knownPolls().map(({ question }) => question)).toEqual(["A again?", "B?"]);
  expect(knownKey("b")).toBe("2");
});

test("storing a poll removes no other", () => {
  const ids = Array.from({ length: 200 }, (_, number) => `poll-${number}`);
  for (const id of ids) remember({ id, key: "1", question: "Q?" });
  expect(knownPolls().map(({ id }) => id)).toEqual(ids.reverse());
});

test("a forgotten poll's key is gone", () => {
  remember({ id: "a", key: "1", question: "A?" });
  forget("a");
  expect(knownKey("a")).toBeUndefined();
  expect([...store.values()].join()).not.toContain("1");
});

test("invalid stored values are ignored", () => {
  for (const left of ["not json", "{}", '[null, 1, {"id": "a"}]']) {
    store.set("tally.polls", left);
    expect(knownPolls()).toEqual([]);
  }
});

test("forbidden storage breaks nothing else", () => {
  vi.stubGlobal("localStorage", undefined);
  expect(() => {
    remember({ id: "a", key: "1", question: "A?" });
  }).not.toThrow();
  expect(knownPolls()).toEqual([]);
});
