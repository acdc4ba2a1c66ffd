import { afterEach, expect, test, vi } from "vitest";

import { keepUnsent, unsentChoices } from "./ballot-draft";

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
  keepUnsent("tea", [1, 2]);
  keepUnsent("cake", []);
  expect(unsentChoices("tea")).toEqual([1, 2]);
  expect(unsentChoices("cake")).toEqual([]);
  keepUnsent("tea", undefined);
  expect(unsentChoices("tea")).toBeUndefined();
  kept.set("tally.unsent.tea", '{"1":2}');
  expect(unsentChoices("tea")).toBeUndefined();
});

test("where storage is forbidden nothing breaks", () => {
  vi.stubGlobal("sessionStorage", undefined);
  keepUnsent("tea", [1]);
  expect(unsentChoices("tea")).toBeUndefined();
});
