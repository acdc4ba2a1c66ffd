import type { Poll } from "../../api/polls";
import { formatTime } from "../../lib/format";
import * as strings from "../../strings";

/** Until when a poll is open, in words, where it closes by itself. */
export function openUntil({ closed, closes_at }: Pick<Poll, "closed" | "closes_at">): string | undefined {
  // In the middle of a deploy, results may come from a release that told no time: they are without.
  return closed || !closes_at ? undefined : strings.openUntil(formatTime(new Date(closes_at)));
}
