/** What every page may say. */

export const header = {
  home: (app: string) => `${app}, start page`,
  ask: "Ask something new",
  join: "Vote by code",
  skip: "Skip to content",
} as const;

export const copy = {
  label: "Copy the address",
  done: "Copied",
  failed: "Copying is not allowed here: select the address instead.",
} as const;

export const trouble = {
  loading: "Loading…",
  away: "The server does not answer. Trying again…",
  slow: "This takes longer than it should. Still trying…",
  failing: "Something went wrong on the server. Trying again…",
  awayTitle: "The server does not answer",
  awayBody: "This page asks again every few seconds, and is here as soon as there is an answer.",
  unreachable: "The server does not answer. Try again in a moment.",
  failed: "Something went wrong on the server.",
  failedTitle: "Something went wrong on the server",
  failedBody: "It is not your doing, and may pass. Nothing is lost.",
  again: "Try again",
  unexpected: "Something went wrong. Try again in a moment.",
  unexpectedTitle: "Something went wrong",
  unexpectedBody: "It is not your doing. Loading the page again in a moment may help.",
  tooLarge: "This is more than the server takes. Shorten it.",
  noPoll: "There is no such poll. Perhaps it was deleted, or a letter of the address is wrong.",
  deleted: "This poll was deleted, and its votes with it.",
  brokenTitle: "Something broke",
  brokenBody: "Perhaps a new version was put up just now. Loading the page again usually helps.",
  reload: "Load the page again",
} as const;
