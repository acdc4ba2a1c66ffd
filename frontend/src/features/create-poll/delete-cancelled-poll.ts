import { bearer, request } from "../../api/client";
import { POLL } from "../../api/polls";
import { isFault } from "../../api/problem";
import { retryUntilDone } from "../../api/retry-policy";
import { knownKey } from "../../lib/known-polls";
import { withTabLock } from "../../lib/with-tab-lock";
import { cancelledPoll, forgetCancelledPoll } from "./cancelled-polls";

/** Milliseconds; the server aborts every request that takes longer. */
const MAX_REQUEST_TIME = 10_000;

const underWay = new Set<string>();

/**
 * Deletes a poll whose creation was cancelled. Repeating the request with its idempotency key returns
 * the poll's manage key, and creates the poll if it does not exist yet.
 */
export async function deleteCancelledPoll(token: string): Promise<void> {
  if (underWay.has(token)) return;
  underWay.add(token);
  try {
    await withTabLock(`tally.abandoned.${token}`, () => openAndDelete(token));
    forgetCancelledPoll(token);
  } catch (error) {
    // If it was refused, the poll does not exist. After a fault of the server, the next visit retries.
    if (!isFault(error as Error)) forgetCancelledPoll(token);
  } finally {
    underWay.delete(token);
  }
}

async function openAndDelete(token: string): Promise<void> {
  const body = cancelledPoll(token);
  if (body === undefined) return; // Another tab has deleted it.
  const headers = { "Idempotency-Key": token };
  const { id, manage_key } = await retryUntilDone(() => request("post", "/api/polls", { body, headers, expect: "manage_key" }));
  // The cancelled request may still be in progress, and would create the poll again.
  await new Promise((resolve) => setTimeout(resolve, MAX_REQUEST_TIME));
  if (knownKey(id) !== undefined) return; // Another tab had the same draft and created it.
  await retryUntilDone(() => request("delete", POLL, { params: { poll_id: id }, headers: bearer(manage_key) }));
}
