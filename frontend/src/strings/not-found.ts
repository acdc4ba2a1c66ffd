/** Where an address leads nowhere. */

export const notFound = {
  title: "Nothing here",
  page: "This address leads to no page.",
  home: "Ask a question of your own",
} as const;

export const code = {
  label: "The code of the poll",
  hint: "The eight letters and digits at the end of its address.",
  submit: "Go to the poll",
  malformed: "A code is eight letters and digits.",
  unknown: "No poll has this code.",
} as const;
