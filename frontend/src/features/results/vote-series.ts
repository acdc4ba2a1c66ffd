import type { Timeline } from "./timeline";

/** How many options are named; the others are only drawn. */
export const NAMED = 4;

export interface SeriesPoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The sum of the votes until then. */
  readonly votes: number;
}

/** The votes of one option over time. */
export interface OptionSeries {
  readonly id: number;
  readonly label: string;
  readonly votes: number;
  readonly points: readonly SeriesPoint[];
}

/** The votes of all options over time, added up. */
export interface VoteSeries {
  readonly from: number;
  readonly to: number;
  /** The highest number of votes of an option. */
  readonly most: number;
  /** The options with the most votes, in that order. Those without votes have no line. */
  readonly leading: readonly OptionSeries[];
  /** The other options with votes. */
  readonly others: readonly OptionSeries[];
}

/** The shortest time axis, in milliseconds. */
const MIN_SPAN = 60_000;
/** The part of the axis before the first vote, so that the lines do not start on the value axis. */
const LEAD = 1 / 20;

/**
 * The series of a timeline, until now or until the poll closed; undefined without votes. The time
 * since the last vote is part of it.
 */
export function voteSeries({ bucket_seconds, buckets, options, until }: Timeline): VoteSeries | undefined {
  const starts = buckets.map(({ start }) => Date.parse(start));
  const [first] = starts;
  const last = starts.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const to = Math.max(Date.parse(until), last);
  const from = Math.min(first - (to - first) * LEAD, to - MIN_SPAN);
  // The last bucket may not be over.
  const ends = starts.map((start) => Math.min(start + bucket_seconds * 1000, to));

  const series = options.map(({ id, label }, place): OptionSeries => {
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
  // Options with equal votes keep the poll's order.
  const voted = series.filter(({ votes }) => votes > 0).sort((one, two) => two.votes - one.votes);
  return {
    from,
    to,
    most: voted[0]?.votes ?? 0,
    leading: voted.slice(0, NAMED),
    others: voted.slice(NAMED),
  };
}

/** At most `most` points, evenly spaced, including the last one. */
export function sampleEvenly<T>(points: readonly T[], most: number): T[] {
  const every = Math.max(Math.ceil((points.length - 1) / most), 1);
  return points.filter((_, place) => place > 0 && (points.length - 1 - place) % every === 0);
}
