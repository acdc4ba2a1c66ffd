/** Where an address leads nowhere, or to no poll yet. */

export const notFound = {
  title: "Nothing here",
  page: "This address leads to no page.",
  home: "Ask a question of your own",
  listed: "It is in the list of your polls.",
  unlist: "Take it off the list",
} as const;

export const code = {
  title: "Vote in a poll",
  label: "The code of the poll",
  hint: "The eight letters and digits at the end of its address.",
  submit: "Go to the poll",
  malformed: "A code is eight letters and digits, such as k3m9x2pq.",
  unknown: "No poll has this code, or not any more.",
} as const;
