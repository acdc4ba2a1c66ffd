import { expect, test } from "vitest";

import { formatAhead, formatCount, formatTime, spokenAddress } from "./format";

test("counts are grouped by thousands", () => {
  expect(formatCount(0)).toBe("0");
  expect(formatCount(10_000)).toBe("10,000");
});

test("a time of today has no date", () => {
  const now = new Date(2030, 0, 31, 9, 0);
  expect(formatTime(new Date(2030, 0, 31, 18, 5), now)).toMatch(/^(18|0?6):05( ?pm)?$/i);
  expect(formatTime(new Date(2030, 1, 1, 18, 5), now)).toMatch(/Friday.*1/);
});

test("a spoken address has no scheme", () => {
  expect(spokenAddress("https://tally.example/p/ab")).toBe("tally.example/p/ab");
  expect(spokenAddress("http://localhost:8080/p/ab")).toBe("localhost:8080/p/ab");
});

test("a time ahead has the unit that people use", () => {
  const now = new Date(2030, 0, 31, 9, 0);
  const ahead = (minutes: number) => formatAhead(new Date(now.getTime() + minutes * 60_000), now);
  expect(ahead(0.2)).toBe("in 1 minute");
  expect(ahead(45)).toBe("in 45 minutes");
  expect(ahead(119)).toBe("in 2 hours");
  expect(ahead(30 * 60)).toBe("in 30 hours");
  expect(ahead(2 * 1440 - 3)).toBe("in 2 days");
  expect(ahead(14 * 1440)).toBe("in 14 days");
  expect(ahead(28 * 1440)).toBe("in 4 weeks");
  expect(ahead(300 * 1440)).toBe("in 10 months");
  expect(ahead(3 * 366 * 1440)).toBe("in 3 years");
});
