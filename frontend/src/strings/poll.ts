/** The words that several pages of a poll share. */

export const share = {
  title: "Share with the room",
  hint: "Anyone with this address can vote.",
  hintClosed: "Closed: no one can vote now.",
  sheet: "Share…",
  present: "Present",
  qr: (address: string) => `QR code of ${address}`,
  enlarge: "Show the QR code large",
  shrink: "Make it small again",
} as const;

/** Whether the numbers are up to date. */
export const liveState = {
  live: "Live",
  closed: "Closed",
  away: "Reconnecting…",
  failing: "Server trouble…",
} as const;

export const manageLink = "Manage";

export const openUntil = (time: string) => `Open until ${time}.`;
