import { expect, test, vi } from "vitest";

import { timeTicks, valueTicks } from "./axis";

// Before the imports that read it.
vi.hoisted(() => vi.stubEnv("TZ", "Europe/Berlin"));

const MINUTE = 60_000;
const DAY = 86_400_000;

/** A time in March 2030, by the device's clock. */
function march(day: number, hour = 0, minute = 0, second = 0): number {
  return new Date(2030, 2, day, hour, minute, second).getTime();
}

test("ticks are round values up to the largest", () => {
  expect(valueTicks(0, false)).toEqual([0, 1]);
  expect(valueTicks(10, true)).toEqual([0, 5, 10]);
  expect(valueTicks(7, true)).toEqual([0, 2, 4, 6, 8]);
  expect(valueTicks(0.3, false)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(valueTicks(1_873, true)).toEqual([0, 500, 1_000, 1_500, 2_000]);
});

test("ticks of counts are integers", () => {
  expect(valueTicks(1, true)).toEqual([0, 1]);
  expect(valueTicks(3, true)).toEqual([0, 1, 2, 3]);
});

test("ticks cover all values and are few", () => {
  for (let most = 0.0007; most < 1e9; most *= 1.37) {
    const ticks = valueTicks(most, false);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(most * (1 - 1e-9));
    expect(ticks.at(-2)).toBeLessThan(most);
    expect(ticks.length).toBeLessThanOrEqual(5);
    expect(ticks.every((tick) => String(tick).length <= 10)).toBe(true);
  }
});

test("ten minutes have ticks at whole minutes", () => {
  const ticks = timeTicks(march(4, 9, 3, 20), march(4, 9, 13, 20), 5);
  expect(ticks.map(({ at }) => at)).toEqual(
    [4, 6, 8, 10, 12].map((minute) => march(4, 9, minute)),
  );
  expect(ticks[0]?.label).toMatch(/^0?9:04( am)?$/i);
});

test("time labels have seconds only for short spans", () => {
  const ticks = timeTicks(march(4, 9, 0, 0), march(4, 9, 0, 20), 4);
  expect(ticks).toHaveLength(5);
  expect(ticks[1]?.label).toMatch(/^0?9:00:05( am)?$/i);
});

test("the tick at the start of a day shows the date", () => {
  const labels = timeTicks(march(4, 15), march(5, 9), 6).map(({ label }) => label);
  expect(labels.join()).toMatch(/5 Mar|Mar 5/);
  expect(labels[0]).toMatch(/^(15|0?3):00( pm)?$/i);
});

test("days start at local midnight, also when clocks change", () => {
  const ticks = timeTicks(march(29, 12), march(29, 12) + 4 * DAY, 5);
  expect(ticks.map(({ at }) => at)).toEqual([30, 31, 32, 33].map((day) => march(day)));
  // 31 March 2030 has 23 hours in Berlin.
  const hours = timeTicks(march(30, 12), march(31, 23), 6).map(({ at }) => at);
  expect(hours).toContain(march(31, 0));
  expect(timeTicks(march(31, 12), march(32, 23), 6).map(({ at }) => at)).toContain(march(32, 12));
});

test("every span has ticks, but not too many", () => {
  for (let span = 1_000; span < 20_000 * DAY; span *= 1.7) {
    for (const most of [2, 4, 9]) {
      const from = march(4, 9, 7, 13);
      const ticks = timeTicks(from, from + span, most);
      expect(ticks.length).toBeLessThanOrEqual(most + 2);
      expect(ticks.every(({ at }) => at >= from && at <= from + span)).toBe(true);
      expect(ticks.every(({ label }, place) => label !== ticks[place + 1]?.label)).toBe(true);
    }
  }
  expect(timeTicks(march(4), march(4), 4)).toHaveLength(1);
  expect(timeTicks(march(4), march(4) + 10 * MINUTE, 0).length).toBeGreaterThan(0);
});
