/** The ways to a poll: its address, its code. */

export const share = {
  title: "Share with the room",
  hint: "Anyone with this address can vote.",
  hintClosed: "Closed: nobody can vote now.",
  sheet: "Share…",
  present: "Present",
  qr: (address: string) => `QR code of ${address}`,
  enlarge: "Show the QR code large",
  shrink: "Make it small again",
} as const;
