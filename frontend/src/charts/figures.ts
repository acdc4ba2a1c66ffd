/** Number and time formats of charts and the status page; apart, since a ballot needs none. */

import { english, formatCount } from "../lib/format";
import * as strings from "../strings";

const short = new Intl.NumberFormat("en", { notation: "compact" });
const rate = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const roundRate = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const toTheMinute = new Intl.DateTimeFormat(english, { timeStyle: "short" });
const toTheSecond = new Intl.DateTimeFormat(english, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(english, { day: "numeric", month: "short" });
const month = new Intl.DateTimeFormat(english, { month: "short", year: "numeric" });

/** The label of a tick: 0.25, 1,500, 12K */
export function formatTick(value: number): string {
  return value < 10_000 ? rate.format(value) : short.format(value);
}

/** A number per second: 0.02, 4.7, 1,250 */
export function formatRate(value: number): string {
  if (value >= 100) return formatCount(Math.round(value));
  return (value < 1 ? rate : roundRate).format(value);
}

/** The time of day of a moment. */
export function formatClock(moment: Date, seconds: boolean): string {
  return (seconds ? toTheSecond : toTheMinute).format(moment);
}

/** 4 Feb */
export function formatDay(moment: Date): string {
  return day.format(moment);
}

/** Feb 2030 */
export function formatMonth(moment: Date): string {
  return month.format(moment);
}

const UNITS = [
  [strings.units.day, 86_400],
  [strings.units.hour, 3_600],
  [strings.units.minute, 60],
  [strings.units.second, 1],
] as const;

/** A duration in its two largest units: 42 s, 3 min 20 s, 5 h 0 min, 12 d 4 h */
export function formatDuration(seconds: number): string {
  let left = Math.max(Math.floor(seconds), 0);
  const first = UNITS.findIndex(([, length]) => left >= length || length === 1);
  return UNITS.slice(first, first + 2)
    .map(([unit, length]) => {
      const count = Math.floor(left / length);
      left -= count * length;
      return `${count} ${unit}`;
    })
    .join(" ");
}
