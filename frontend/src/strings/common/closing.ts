/** When a poll closes: where it is asked, and where it is run. */

export const closing = {
  zone: (zone: string) => `Time zone: ${zone}.`,
  unchosen: "Choose a time that is still to come.",
  past: "This time is past.",
  late: (years: number) => `At most ${years} years ahead.`,
} as const;
