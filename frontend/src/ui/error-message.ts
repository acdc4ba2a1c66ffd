import { isFault, isGone, Problem } from "../api/problem";
import * as strings from "../strings";

/** The message for a mutation that failed. */
export function errorMessage(error: Error): string {
  if (!(error instanceof Problem)) return strings.trouble.unexpected;
  if (error.away) return strings.trouble.unreachable;
  if (isFault(error)) return strings.trouble.failed;
  if (isGone(error)) return strings.trouble.noPoll;
  return error.status === 413 ? strings.trouble.tooLarge : strings.trouble.unexpected;
}
