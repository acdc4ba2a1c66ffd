const integer = new Intl.NumberFormat("en");
// The words are English, but the clock is the reader's: 6 pm in one place is 18:00 in another.
const english = navigator.languages.find((language) => language.startsWith("en")) ?? "en-GB";
const sameDay = new Intl.DateTimeFormat(english, { timeStyle: "short" });
const otherDay = new Intl.DateTimeFormat(english, { dateStyle: "full", timeStyle: "short" });

/** 12480 → "12,480" */
export function formatCount(count: number): string {
  return integer.format(count);
}

/** A moment as people say it: the hour alone where it is today. */
export function formatTime(moment: Date, now = new Date()): string {
  return (moment.toDateString() === now.toDateString() ? sameDay : otherDay).format(moment);
}

/** A moment as the value of a `datetime-local` field, in the device's time. */
export function localInput(moment: Date): string {
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The name of the device's time zone, such as "Europe/Berlin". */
export function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** An address without its scheme: what is said aloud and typed by hand. */
export function spokenAddress(url: string): string {
  return url.replace(/^https?:\/\//, "");
}

const short = new Intl.NumberFormat("en", { notation: "compact" });
const rate = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const roundRate = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const toTheSecond = new Intl.DateTimeFormat(english, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(english, { day: "numeric", month: "short" });
const month = new Intl.DateTimeFormat(english, { month: "short", year: "numeric" });

/** A number beside an axis: 0.25, 1,500, and 12K rather than 12,000. */
export function formatTick(value: number): string {
  return value < 10_000 ? rate.format(value) : short.format(value);
}

/** So many a second: 0.02, 4.7, 1,250 */
export function formatRate(value: number): string {
  if (value >= 100) return integer.format(Math.round(value));
  return (value < 1 ? rate : roundRate).format(value);
}

/** The hour of a moment, whichever day it is on. */
export function formatClock(moment: Date, seconds: boolean): string {
  return (seconds ? toTheSecond : sameDay).format(moment);
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
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** How long, in the two units that matter: 42 s, 3 min 20 s, 5 h 0 min, 12 d 4 h */
export function formatDuration(seconds: number): string {
  const whole = Math.max(Math.floor(seconds), 0);
  const first = Math.max(UNITS.findIndex(([, length]) => whole >= length), 0);
  if (whole < 60) return `${whole} s`;
  let left = whole;
  return UNITS.slice(first, first + 2)
    .map(([unit, length]) => {
      const count = Math.floor(left / length);
      left -= count * length;
      return `${count} ${unit}`;
    })
    .join(" ");
}
