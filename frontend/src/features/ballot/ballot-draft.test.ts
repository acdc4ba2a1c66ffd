import { afterEach, expect, test, vi } from "vitest";

import { loadBallotDraft, saveBallotDraft } from "./ballot-draft";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("choices are kept for their poll until they are sent", () => {
  const kept = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  saveBallotDraft("tea", [1, 2]);
  saveBallotDraft("cake", []);
  expect(loadBallotDraft("tea")).toEqual([1, 2]);
  expect(loadBallotDraft("cake")).toEqual([]);
  saveBallotDraft("tea", undefined);
  expect(loadBallotDraft("tea")).toBeUndefined();
  kept.set("tally.unsent.tea", '{"1":2}');
  expect(loadBallotDraft("tea")).toBeUndefined();
});

test("forbidden storage breaks nothing", () => {
  vi.stubGlobal("sessionStorage", undefined);
  saveBallotDraft("tea", [1]);
  expect(loadBallotDraft("tea")).toBeUndefined();
});
