import * as strings from "../strings";

const MAX_YEARS = 10; // the API's limit

/**
 * The message for an invalid closing time; undefined if it is valid.
 * @param closesAt a `datetime-local` value, or "" for none
 */
export function closingTimeError(closesAt: string, now: Date): string | undefined {
  if (closesAt === "") return undefined;
  const closes = new Date(closesAt);
  const latest = new Date(now);
  latest.setFullYear(now.getFullYear() + MAX_YEARS);
  if (!(closes > now)) return strings.closing.past;
  return closes > latest ? strings.closing.late(MAX_YEARS) : undefined;
}
