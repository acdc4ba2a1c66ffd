/** An option's share of the ballots. */
export interface Share {
  readonly id: number;
  readonly label: string;
  readonly votes: number;
  /** From 0 to 1, the length of the bar. */
  readonly fraction: number;
  /** An integer; 0 only for no vote, 100 only for all. */
  readonly percent: number;
  /** Whether it has votes, and no other option has more. */
  readonly leads: boolean;
}

interface Count {
  readonly id: number;
  readonly label: string;
  /** null while the results are hidden. */
  readonly votes: number | null;
}

/** Each option's share of the ballots. With multiple choices the shares add up to more than 1. */
export function shares(options: readonly Count[], ballots: number): Share[] {
  const most = Math.max(0, ...options.map(({ votes }) => votes ?? 0));
  return options.map(({ id, label, votes: counted }) => {
    const votes = counted ?? 0;
    const fraction = ballots > 0 ? Math.min(votes / ballots, 1) : 0;
    return { id, label, votes, fraction, percent: wholePercent(fraction), leads: votes > 0 && votes === most };
  });
}

/** The labels of the options with the most votes; empty without any vote. */
export function leadingLabels(options: readonly Count[], ballots: number): string[] {
  return shares(options, ballots)
    .filter(({ leads }) => leads)
    .map(({ label }) => label);
}

/** Rounds to an integer, but never to 0 or 100 unless it is none or all. */
function wholePercent(fraction: number): number {
  if (fraction === 0 || fraction === 1) return fraction * 100;
  return Math.min(Math.max(Math.round(fraction * 100), 1), 99);
}
