import * as strings from "../strings";

const LONGEST_POLL_YEARS = 10; // the API's own limit

/**
 * What is wrong with a closing time, if anything is.
 * @param closesAt a `datetime-local` value, or "" for an open end
 */
export function closingTimeError(closesAt: string, now: Date): string | undefined {
  if (closesAt === "") return undefined;
  const closes = new Date(closesAt);
  const latest = new Date(now);
  latest.setFullYear(now.getFullYear() + LONGEST_POLL_YEARS);
  if (!(closes > now)) return strings.closing.past;
  return closes > latest ? strings.closing.late(LONGEST_POLL_YEARS) : undefined;
}
