import { bearer, request } from "../../api/client";
import { POLL } from "../../api/polls";
import { isFault } from "../../api/problem";
import { retryUntilDone } from "../../api/retry-policy";
import { knownKey } from "../../lib/known-polls";
import { withTabLock } from "../../lib/with-tab-lock";
import { cancelledPoll, forgetCancelledPoll } from "./cancelled-polls";

/** Milliseconds after which nothing that was sent is being worked on: the server limits itself. */
const MAX_REQUEST_TIME = 10_000;

const underWay = new Set<string>();

/**
 * Deletes a poll that was called off while it was being opened. Sent again under its own secret, it
 * is the same poll, and its key is answered; or it is opened only now.
 */
export async function deleteCancelledPoll(token: string): Promise<void> {
  if (underWay.has(token)) return;
  underWay.add(token);
  try {
    await withTabLock(`tally.abandoned.${token}`, () => openAndDelete(token));
    forgetCancelledPoll(token);
  } catch (error) {
    // Refused: then it is not there. What the server fails at is left for the next time.
    if (!isFault(error as Error)) forgetCancelledPoll(token);
  } finally {
    underWay.delete(token);
  }
}

async function openAndDelete(token: string): Promise<void> {
  const body = cancelledPoll(token);
  if (body === undefined) return; // Another tab has settled it.
  const headers = { "Idempotency-Key": token };
  const { id, manage_key } = await retryUntilDone(() => request("post", "/api/polls", { body, headers, expect: "manage_key" }));
  // What was called off may still be on its way, and would open the poll again.
  await new Promise((resolve) => setTimeout(resolve, MAX_REQUEST_TIME));
  if (knownKey(id) !== undefined) return; // Another tab had the same draft, and opened it.
  await retryUntilDone(() => request("delete", POLL, { params: { poll_id: id }, headers: bearer(manage_key) }));
}
