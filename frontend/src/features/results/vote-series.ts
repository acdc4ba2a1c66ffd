import type { Timeline } from "./timeline";

/** How many options are told apart; the others are drawn, and not named. */
export const NAMED = 4;

export interface SeriesPoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** All votes until then. */
  readonly votes: number;
}

/** One option's way. */
export interface OptionSeries {
  readonly id: number;
  readonly label: string;
  readonly votes: number;
  readonly points: readonly SeriesPoint[];
}

/** The votes added up as they came in: who led when, and where it still moves. */
export interface VoteSeries {
  readonly from: number;
  readonly to: number;
  /** The most votes of an option. */
  readonly most: number;
  /** The options with the most votes, in that order. Those without any have no line. */
  readonly leading: readonly OptionSeries[];
  /** The other options that have any. */
  readonly others: readonly OptionSeries[];
}

/** The least that is drawn, in milliseconds. */
const SHORTEST = 60_000;
/** What is drawn before the first vote, as a share of what follows it: else it rises on the axis. */
const LEAD = 1 / 20;

/**
 * A timeline as a race, to where it stands now or ended; undefined where nobody voted yet. A lull
 * since the last vote is part of it.
 */
export function voteSeries({ bucket_seconds, buckets, options, until }: Timeline): VoteSeries | undefined {
  const starts = buckets.map(({ start }) => Date.parse(start));
  const [first] = starts;
  const last = starts.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const to = Math.max(Date.parse(until), last);
  const from = Math.min(first - (to - first) * LEAD, to - SHORTEST);
  // The last bucket may still be filling.
  const ends = starts.map((start) => Math.min(start + bucket_seconds * 1000, to));

  const runners = options.map(({ id, label }, place): OptionSeries => {
    let votes = 0;
    const points: SeriesPoint[] = [
      { at: from, votes },
      { at: first, votes },
    ];
    for (const [number, bucket] of buckets.entries()) {
      votes += bucket.votes[place] ?? 0;
      points.push({ at: ends[number] ?? to, votes });
    }
    if ((ends.at(-1) ?? to) < to) points.push({ at: to, votes });
    return { id, label, votes, points };
  });
  // The order of options that have as many votes is the poll's.
  const voted = runners.filter(({ votes }) => votes > 0).sort((one, two) => two.votes - one.votes);
  return {
    from,
    to,
    most: voted[0]?.votes ?? 0,
    leading: voted.slice(0, NAMED),
    others: voted.slice(NAMED),
  };
}

/** At most so many of the points, spread evenly, the last among them. */
export function sampleEvenly<T>(points: readonly T[], most: number): T[] {
  const every = Math.max(Math.ceil((points.length - 1) / most), 1);
  return points.filter((_, place) => place > 0 && (points.length - 1 - place) % every === 0);
}
