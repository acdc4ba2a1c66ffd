import { expect, test } from "vitest";

import { fontScale, longestWord, textWidth } from "./text-width";

test("short texts have full size, and four times the length half of it", () => {
  expect(fontScale("Tea or coffee?")).toBe(1);
  expect(fontScale("")).toBe(1);
  expect(fontScale("x".repeat(80))).toBe(1);
  expect(fontScale("x".repeat(320))).toBe(0.5);
});

test("longer texts have smaller sizes, but never zero", () => {
  const eases = [80, 100, 150, 200, 300].map((length) => fontScale("x".repeat(length)));
  expect(eases).toEqual([...new Set(eases)].sort((one, two) => two - one));
  expect(eases.at(-1)).toBeGreaterThan(0.4);
});

test("words end at spaces, hyphens and soft hyphens", () => {
  expect(longestWord("Tea or coffee?")).toBe(7);
  expect(longestWord("Donau-dampf\u00adschiff")).toBe(6);
  expect(longestWord("")).toBe(1);
});

test("Chinese, Japanese and Thai break without spaces", () => {
  expect(longestWord("你早上喜欢喝什么饮料？")).toBe(1);
  expect(longestWord("朝はコーヒーと紅茶どちら")).toBe(1);
  expect(longestWord("คุณชอบดื่มอะไร")).toBe(1);
});

test("an ideograph has the width of two letters, an accent none", () => {
  expect(textWidth("茶 tea")).toBe(6);
  expect(textWidth("قَهْوَة")).toBe(4);
  expect(textWidth("e\u0301")).toBe(1);
});
