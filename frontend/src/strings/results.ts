/** The results, on their page and on the projector. */

import { plural, voters, votes } from "./common/plural";

export const results = {
  ballots: votes,
  voters,
  votes: (formatted: string, count: number) => `${formatted} ${votes(count)}`,
  several: "Several answers per voter; shares are of all voters.",
  voteAt: "Vote at",
  present: "Present",
  hidden: {
    always: "",
    voted: "The results are shown to those who have voted.",
    closed: "The results are shown once the poll is closed.",
  },
  early: {
    always: "",
    voted: "Only those who have voted see this until the poll is closed.",
    closed: "Only you see this until the poll is closed. The presenter's view keeps it hidden, too.",
  },
  toVote: "Vote now",
  spoken: (formatted: string, count: number, leading: readonly { label: string; percent: number }[]) => {
    const all = `${formatted} ${votes(count)}.`;
    if (leading.length === 0) return all;
    const names = new Intl.ListFormat("en").format(leading.map(({ label }) => label));
    const leads = leading.length === 1 ? "leads" : "lead";
    return `${all} ${names} ${leads} with ${leading[0]?.percent ?? 0}%.`;
  },
} as const;

export const present = {
  full: "Fill the screen",
  window: "Leave full screen",
  leave: "Leave",
  most: "Most votes",
  joined: (names: readonly string[]) => new Intl.ListFormat("en").formatToParts(names),
  tied: (count: number) => `${count} answers share the lead`,
  noVotes: "No one voted.",
} as const;

export const timeline = {
  title: "Votes over time",
  none: "No votes yet.",
  hidden: "It is shown together with the results.",
  span: (from: string, to: string) => `From ${from} to ${to}`,
  summary: (span: string, leading: string) => `Votes over time. ${span}. In the end: ${leading}.`,
  standing: (label: string, formatted: string) => `${label} ${formatted}`,
  others: (formatted: string, count: number) =>
    plural.select(count) === "one" ? "one other answer" : `${formatted} other answers`,
  table: "Votes for each answer, added up",
  until: "Until",
} as const;
