/** Where the host's page is opened without its key. */

export const key = {
  missingTitle: "This page opens with its secret link",
  missingBody: "Paste the link here: whoever created the poll has it.",
  wrongBody: "Perhaps it was cut short: paste the whole link here.",
  known: "This device keeps a key of this poll from before.",
  useKnown: "Manage with that key",
  label: "The secret link, or its key",
  hint: "The link ends in # and a key of 32 characters.",
  submit: "Open the page",
  malformed: "This is neither a whole secret link nor a key: a key has 32 characters.",
  wrong: "This key does not open this poll.",
} as const;
