const integer = new Intl.NumberFormat("en");
// The words are English, but the clock is the reader's: 6 pm in one place is 18:00 in another.
export const english = navigator.languages.find((language) => language.startsWith("en")) ?? "en-GB";
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
