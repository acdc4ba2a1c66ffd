import type { Poll } from "../../api/polls";
import { formatTime } from "../../lib/format";
import * as strings from "../../strings";

/** The text that tells when a poll closes; undefined if it has no closing time. */
export function openUntil({ closed, closes_at }: Pick<Poll, "closed" | "closes_at">): string | undefined {
  // During a deploy, results may come from a release that has no closing times.
  return closed || !closes_at ? undefined : strings.openUntil(formatTime(new Date(closes_at)));
}
