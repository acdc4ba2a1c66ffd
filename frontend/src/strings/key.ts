/** The host's page without its key. */

export const key = {
  missingTitle: "This page opens with its secret link",
  missingBody: "Paste the link here. The person who created the poll has it.",
  wrongBody: "It may have been cut off: paste the whole link here.",
  known: "This device has another key of this poll.",
  useKnown: "Manage with that key",
  label: "The secret link, or its key",
  hint: "The link ends in # and a key of 32 characters.",
  submit: "Open the page",
  malformed: "This is neither a whole secret link nor a key: a key has 32 characters.",
  wrong: "This key does not open this poll.",
} as const;
