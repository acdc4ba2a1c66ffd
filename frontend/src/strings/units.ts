/** Lengths of time beside a figure, where there is no room for words. */

export const units = {
  day: "d",
  hour: "h",
  minute: "min",
  second: "s",
} as const;
