import type { Poll } from "../../api/polls";
import { formatTime, isToday } from "../../lib/format";
import * as strings from "../../strings";

/**
 * How a poll stands: open without end or until a time; closed by hand, perhaps before its time; or
 * closed after its time, whoever was first.
 */
export type PollStatus = "open" | "timed" | "closed" | "early" | "expired";

/** How a poll stands. That a time is over is the server's word: a device's clock may be wrong. */
export function pollStatus({ closed, closes_at }: Pick<Poll, "closed" | "closes_at">, now = new Date()): PollStatus {
  if (!closed) return closes_at === null ? "open" : "timed";
  if (closes_at === null) return "closed";
  return new Date(closes_at) > now ? "early" : "expired";
}

/** All that the page that manages a poll says about it, true in each of its standings. */
export function describePollStatus(poll: Poll, now = new Date()) {
  const { closed, results, closes_at } = poll;
  const closes = new Date(closes_at ?? now);
  const when = strings.manage.when(formatTime(closes, now), isToday(closes, now));
  return {
    state: closed ? strings.manage.closed : strings.manage.open,
    news: closed ? strings.manage.createdClosed : strings.manage.created,
    share: closed ? strings.share.hintClosed : strings.share.hint,
    closing: strings.manage.closing[pollStatus(poll, now)](when),
    shown: (closed ? strings.manage.shownClosed : strings.manage.shown)[results],
  };
}
