/** The words of every page. */

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
  awayBody: "This page tries again every few seconds and loads as soon as the server answers.",
  unreachable: "The server does not answer. Try again in a moment.",
  failed: "Something went wrong on the server.",
  failedTitle: "Something went wrong on the server",
  failedBody: "This is not your fault and may be temporary. Nothing is lost.",
  again: "Try again",
  unexpected: "Something went wrong. Try again in a moment.",
  unexpectedTitle: "Something went wrong",
  unexpectedBody: "This is not your fault. Reloading the page in a moment may help.",
  tooLarge: "This is too long for the server. Shorten it.",
  noPoll: "This poll does not exist. It may have been deleted, or the address may be mistyped.",
  deleted: "This poll and its votes were deleted.",
  brokenTitle: "Something broke",
  brokenBody: "A new version may have been released just now. Reloading the page usually helps.",
  reload: "Reload the page",
} as const;
