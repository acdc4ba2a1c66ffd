import { formatClock, formatDay, formatMonth } from "./figures";

/** The ticks of an axis of numbers, from 0; the last one is its end. */
export function valueTicks(most: number, whole: boolean, count = 4): number[] {
  if (most <= 0) return [0, 1];
  const step = roundUp(most / count, whole);
  const steps = Math.ceil(most / step - 1e-9);
  return Array.from({ length: steps + 1 }, (_, place) => Number((place * step).toPrecision(12)));
}

/** Rounds up to 1, 2 or 5 times a power of ten. */
function roundUp(value: number, whole: boolean): number {
  const magnitude = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5].find((one) => one * magnitude >= value * (1 - 1e-9)) ?? 10;
  return Math.max(factor * magnitude, whole ? 1 : 0);
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14, 30, 90, 365].map((count) => count * DAY),
];

export interface TimeTick {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly label: string;
}

/**
 * The ticks of a time axis, at round times of the device's clock; at most `most` + 1.
 * @param from milliseconds since 1970, as `to`
 */
export function timeTicks(from: number, to: number, most: number): TimeTick[] {
  const least = (to - from) / Math.max(most, 1);
  const longest = 365 * DAY;
  const step = STEPS.find((one) => one >= least) ?? Math.ceil(least / longest) * longest;
  const moments = step < DAY ? withinDays(from, to, step) : everyFewDays(from, to, step / DAY);
  return moments.map((at) => ({ at, label: timeLabel(at, step) }));
}

/** Counted from each midnight, so that a change to daylight saving time affects only its day. */
function withinDays(from: number, to: number, step: number): number[] {
  const found: number[] = [];
  for (let day = midnight(from); day <= to; day = midnight(day, 1)) {
    const end = Math.min(midnight(day, 1) - 1, to);
    const first = day + Math.max(Math.ceil((from - day) / step), 0) * step;
    for (let at = first; at <= end; at += step) found.push(at);
  }
  return found;
}

function everyFewDays(from: number, to: number, days: number): number[] {
  const found: number[] = [];
  const first = midnight(from) < from ? midnight(from, 1) : from;
  for (let at = first; at <= to; at = midnight(at, days)) found.push(at);
  return found;
}

/** The start of a moment's day on this device, or of the day `later` days after it. */
function midnight(moment: number, later = 0): number {
  const day = new Date(moment);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + later).getTime();
}

/** The time of day; the date at the start of a day; with seconds only if the step needs them. */
export function timeLabel(at: number, step: number): string {
  const moment = new Date(at);
  if (step >= 90 * DAY) return formatMonth(moment);
  if (step >= DAY || (step >= HOUR && at === midnight(at))) return formatDay(moment);
  return formatClock(moment, step < MINUTE);
}
