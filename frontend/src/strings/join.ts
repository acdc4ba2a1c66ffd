/** Unknown addresses, and the form for a poll's code. */

export const notFound = {
  title: "Nothing here",
  page: "This page does not exist.",
  home: "Ask a question of your own",
  listed: "It is in the list of your polls.",
  unlist: "Remove it from the list",
} as const;

export const code = {
  title: "Vote in a poll",
  label: "The code of the poll",
  hint: "The eight letters and digits at the end of its address.",
  submit: "Go to the poll",
  malformed: "A code is eight letters and digits, such as k3m9x2pq.",
  unknown: "No poll has this code, or it was deleted.",
} as const;
