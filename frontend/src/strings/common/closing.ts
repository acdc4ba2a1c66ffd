/** The closing time, on the pages that create and manage a poll. */

export const closing = {
  zone: (zone: string) => `Time zone: ${zone}.`,
  unchosen: "Choose a time in the future.",
  past: "This time is in the past.",
  late: (years: number) => `At most ${years} years ahead.`,
} as const;
