import type { Poll } from "../../api/polls";
import { formatTime, isToday } from "../../lib/format";
import * as strings from "../../strings";

/**
 * The status of a poll: open, without or with a closing time (timed); closed without a closing time,
 * before it (early), or after it (expired).
 */
export type PollStatus = "open" | "timed" | "closed" | "early" | "expired";

/** The status of a poll. Only the server decides whether it is closed: the device's clock may be wrong. */
export function pollStatus({ closed, closes_at }: Pick<Poll, "closed" | "closes_at">, now = new Date()): PollStatus {
  if (!closed) return closes_at === null ? "open" : "timed";
  if (closes_at === null) return "closed";
  return new Date(closes_at) > now ? "early" : "expired";
}

/** The texts of the manage page that depend on the poll's status. */
export function describePollStatus(poll: Poll, now = new Date()) {
  const { closed, results, closes_at } = poll;
  const closes = new Date(closes_at ?? now);
  const when = strings.manage.when(formatTime(closes, now), isToday(closes, now));
  return {
    state: closed ? strings.manage.closed : strings.manage.open,
    created: closed ? strings.manage.createdClosed : strings.manage.created,
    share: closed ? strings.share.hintClosed : strings.share.hint,
    closing: strings.manage.closing[pollStatus(poll, now)](when),
    shown: (closed ? strings.manage.shownClosed : strings.manage.shown)[results],
  };
}
