/** The host's page. */

import { voters, votes } from "./common/plural";

export const manage = {
  title: "Manage",
  created: "Your poll is open. Share its address with the room.",
  createdClosed: "Your poll is closed. Reopen it here whenever you like.",
  open: "Open",
  closed: "Closed",
  soFar: (formatted: string, count: number, multiple: boolean) =>
    `${formatted} ${(multiple ? voters : votes)(count)} so far`,
  inAll: (formatted: string, count: number, multiple: boolean) =>
    `${formatted} ${(multiple ? voters : votes)(count)} in all`,
  outdated: {
    away: "Reconnecting: may be old",
    failing: "Server trouble: may be old",
  },
  running: "Run it",
  close: "Close the poll",
  reopen: "Reopen the poll",
  when: (time: string, today: boolean) => `${today ? "at" : "on"} ${time}`,
  closing: {
    open: () => "It stays open until you close it.",
    timed: (when: string) => `It closes by itself ${when}.`,
    closed: () => "It stays closed until you reopen it.",
    early: (when: string) => `If reopened, it closes ${when}.`,
    expired: (when: string) => `Its time ended ${when}. If reopened, it stays open.`,
  },
  closesAt: "Closes by itself at",
  closesAtAgain: "Open it again until",
  closesAtSubmit: "Set the closing time",
  closesAtNever: "Never close by itself",
  reopenUntil: "Reopen until then",
  votes: "The votes",
  results: "Show the results",
  shown: {
    always: "Everyone sees the results.",
    voted: "Only voters see the results; you always see them.",
    closed: "Only you see the results until the poll is closed.",
  },
  shownClosed: {
    always: "Everyone sees the results.",
    voted: "Everyone sees the results while the poll is closed.",
    closed: "Everyone sees the results while the poll is closed.",
  },
  download: "Download the votes as CSV",
  downloading: "Downloading…",
  secret: "Your secret link",
  secretHint:
    "It is the key to this page: anyone who has it can close or delete the poll and download its votes. It cannot be recovered.",
  secretKept: "This device keeps it, so you need it only on another.",
  secretNotKept: "This device cannot keep it: copy it before you leave.",
  copySecret: "Copy the secret link",
  deleting: "Delete",
  delete: "Delete the poll…",
  deleteTitle: "Delete this poll?",
  deleteBody: "The question and all votes are deleted. This cannot be undone.",
  deleteConfirm: "Delete it for good",
  deleteCancel: "Keep it",
  wrongKeyTitle: "This key does not open this poll",
} as const;
