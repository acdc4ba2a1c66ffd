import { afterEach, expect, test, vi } from "vitest";

import { loadBallotDraft, saveBallotDraft } from "./ballot-draft";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("crosses that were not sent are kept for their poll until they are", () => {
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

test("where storage is forbidden nothing breaks", () => {
  vi.stubGlobal("sessionStorage", undefined);
  saveBallotDraft("tea", [1]);
  expect(loadBallotDraft("tea")).toBeUndefined();
});
