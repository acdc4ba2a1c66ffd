const integer = new Intl.NumberFormat("en");
const sameDay = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });
const otherDay = new Intl.DateTimeFormat("en", {
  weekday: "long",
  day: "numeric",
  month: "long",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

/** 12480 → "12,480" */
export function formatCount(count: number): string {
  return integer.format(count);
}

/** A moment as people say it: the hour alone where it is today. */
export function formatTime(moment: Date, now = new Date()): string {
  return (moment.toDateString() === now.toDateString() ? sameDay : otherDay).format(moment);
}

/** The name of the device's time zone, such as "Europe/Berlin". */
export function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** An address without its scheme: what is said aloud and typed by hand. */
export function spokenAddress(url: string): string {
  return url.replace(/^https?:\/\//, "");
}
