import { abandonedPoll, dropAbandoned } from "./cancelled-polls";
import { alone } from "../../lib/with-tab-lock";
import { knownKey } from "../../lib/known-polls";
import { bearer, request } from "../../api/client";
import { POLL } from "../../api/polls";
import { isFault } from "../../api/problem";
import { insist } from "../../api/retry-policy";

/** Milliseconds after which nothing that was sent is being worked on: the server limits itself. */
const ALL_ENDED = 10_000;

const underWay = new Set<string>();

/**
 * Deletes a poll that was called off while it was being opened. Sent again under its own secret, it
 * is the same poll, and its key is answered; or it is opened only now.
 */
export async function settle(token: string): Promise<void> {
  if (underWay.has(token)) return;
  underWay.add(token);
  try {
    await alone(`tally.abandoned.${token}`, () => remove(token));
    dropAbandoned(token);
  } catch (error) {
    // Refused: then it is not there. What the server fails at is left for the next time.
    if (!isFault(error as Error)) dropAbandoned(token);
  } finally {
    underWay.delete(token);
  }
}

async function remove(token: string): Promise<void> {
  const body = abandonedPoll(token);
  if (body === undefined) return; // Another tab has settled it.
  const headers = { "Idempotency-Key": token };
  const { id, manage_key } = await insist(() => request("post", "/api/polls", { body, headers, proof: "manage_key" }));
  // What was called off may still be on its way, and would open the poll again.
  await new Promise((resolve) => setTimeout(resolve, ALL_ENDED));
  if (knownKey(id) !== undefined) return; // Another tab had the same draft, and opened it.
  await insist(() => request("delete", POLL, { params: { poll_id: id }, headers: bearer(manage_key) }));
}
