import { expect, test } from "vitest";

import { formatCount, formatTime, spokenAddress } from "./format";

test("counts are grouped by thousands", () => {
  expect(formatCount(0)).toBe("0");
  expect(formatCount(10_000)).toBe("10,000");
});

test("a moment of today is its hour alone, another names its day", () => {
  const now = new Date(2030, 0, 31, 9, 0);
  expect(formatTime(new Date(2030, 0, 31, 18, 5), now)).toMatch(/^(18|0?6):05( ?pm)?$/i);
  expect(formatTime(new Date(2030, 1, 1, 18, 5), now)).toMatch(/Friday.*1/);
});

test("an address is said without its scheme", () => {
  expect(spokenAddress("https://tally.example/p/ab")).toBe("tally.example/p/ab");
  expect(spokenAddress("http://localhost:8080/p/ab")).toBe("localhost:8080/p/ab");
});
