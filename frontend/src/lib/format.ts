const integer = new Intl.NumberFormat("en");
// The text is English, but the time format is the user's: 6 pm or 18:00.
export const english = navigator.languages.find((language) => language.startsWith("en")) ?? "en-GB";
const sameDay = new Intl.DateTimeFormat(english, { timeStyle: "short" });
const otherDay = new Intl.DateTimeFormat(english, { dateStyle: "full", timeStyle: "short" });

/** 12480 → "12,480" */
export function formatCount(count: number): string {
  return integer.format(count);
}

/** A date and time; the time alone if the date is today. */
export function formatTime(moment: Date, now = new Date()): string {
  return (isToday(moment, now) ? sameDay : otherDay).format(moment);
}

export function isToday(moment: Date, now = new Date()): boolean {
  return moment.toDateString() === now.toDateString();
}

const ahead = new Intl.RelativeTimeFormat("en");
const MINUTE = 60_000;
// The count from which each unit is used: "in 36 hours", but "in 3 days".
const UNITS = [
  { unit: "year", length: 525_960 * MINUTE, from: 2 },
  { unit: "month", length: 43_830 * MINUTE, from: 2 },
  { unit: "week", length: 10_080 * MINUTE, from: 3 },
  { unit: "day", length: 1440 * MINUTE, from: 2 },
  { unit: "hour", length: 60 * MINUTE, from: 2 },
] as const;

/** The time until a moment, such as "in 2 days"; at least one minute. */
export function formatAhead(moment: Date, now = new Date()): string {
  const distance = moment.getTime() - now.getTime();
  for (const { unit, length, from } of UNITS) {
    // Rounded before the comparison, so that two days minus a few minutes are two days.
    if (Math.round(distance / length) >= from) return ahead.format(Math.round(distance / length), unit);
  }
  return ahead.format(Math.max(1, Math.round(distance / MINUTE)), "minute");
}

/** A date as the value of a `datetime-local` field, in the device's time zone. */
export function localInput(moment: Date): string {
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The name of the device's time zone, such as "Europe/Berlin". */
export function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A URL without its scheme, to be read aloud and typed. */
export function spokenAddress(url: string): string {
  return url.replace(/^https?:\/\//, "");
}
