/** Where a poll is asked. */

import { answers } from "./common/plural";

export const create = {
  statusLink: "Status of this server",
  question: "Ask the room a question",
  questionPlaceholder: "Tea or coffee?",
  startOver: "Start over",
  restored: "Your draft is back.",
  cleared: "The form is empty again.",
  undo: "Undo",
  left: (formatted: string) => `${formatted} left`,
  over: (formatted: string) => `${formatted} too many`,
  options: "The answers to choose from",
  option: (position: number) => `Answer ${position}`,
  remove: (position: number) => `Remove answer ${position}`,
  removed: (name: string) => `Removed “${name}”.`,
  move: (position: number) => `Move answer ${position}`,
  moveHint: "Drag it, press an arrow key, or press it to choose a place.",
  place: (position: number) => `Place of answer ${position}`,
  moved: (name: string, position: number, total: number) =>
    `${name} is now answer ${position} of ${total}.`,
  nameless: "The empty answer",
  add: "Add an answer",
  full: (most: number) => `${most} answers are as many as a poll can hold.`,
  pasteHint: "Or paste a list into an answer.",
  pasted: (taken: number) => `${taken} ${answers(taken)} pasted.`,
  pastedInPart: (taken: number, left: number, most: number) =>
    `${taken} ${answers(taken)} pasted, ${left} did not fit: a poll holds ${most}.`,
  choice: "Each voter may choose",
  one: "one",
  several: "several",
  results: "Everyone sees the results",
  resultsWhen: { always: "always", voted: "after voting", closed: "after closing" },
  resultsHint: {
    always: "Including people who have not voted.",
    voted: "No one is influenced before voting.",
    closed: "Until then, only you see the results.",
  },
  closesAt: "Closes at (optional)",
  openEnd: "Leave it empty to close the poll yourself.",
  closesIn: (distance: string) => `Closes ${distance}.`,
  submit: "Open the poll",
  sending: "Opening…",
  yours: "Your polls",
  yoursHint: "This device keeps their secret links.",
  deleted: "The poll and its votes are deleted.",
} as const;

export const invalid = {
  question: "Write a question.",
  fewOptions: (least: number) => `Give at least ${least} answers.`,
  sameOption: "This answer is already there.",
  sameOptions: "Two of these answers are the same.",
  unreadable: "Some characters cannot be shown. Type it again.",
  tooLong: (most: number) => `At most ${most} characters.`,
  summary: "Correct the marked fields.",
} as const;
