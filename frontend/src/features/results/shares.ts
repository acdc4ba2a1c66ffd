/** What one option has of all ballots. */
export interface Share {
  readonly id: number;
  readonly label: string;
  readonly votes: number;
  /** 0 to 1, for the length of the bar. */
  readonly fraction: number;
  /** Whole per cent; 0 and 100 are kept for none and all. */
  readonly percent: number;
  /** Whether no other option has more votes, and this one has any. */
  readonly leads: boolean;
}

interface Count {
  readonly id: number;
  readonly label: string;
  /** null while the count is hidden. */
  readonly votes: number | null;
}

/** Each option's share of the ballots. With several choices the shares add up to more than one. */
export function shares(options: readonly Count[], ballots: number): Share[] {
  const most = Math.max(0, ...options.map(({ votes }) => votes ?? 0));
  return options.map(({ id, label, votes: counted }) => {
    const votes = counted ?? 0;
    const fraction = ballots > 0 ? Math.min(votes / ballots, 1) : 0;
    return { id, label, votes, fraction, percent: wholePercent(fraction), leads: votes > 0 && votes === most };
  });
}

/** The labels of the options that have the most votes; none where nobody voted. */
export function leadingLabels(options: readonly Count[], ballots: number): string[] {
  return shares(options, ballots)
    .filter(({ leads }) => leads)
    .map(({ label }) => label);
}

/** Rounds, but neither hides a vote as 0 % nor calls it unanimous where it is not. */
function wholePercent(fraction: number): number {
  if (fraction === 0 || fraction === 1) return fraction * 100;
  return Math.min(Math.max(Math.round(fraction * 100), 1), 99);
}
