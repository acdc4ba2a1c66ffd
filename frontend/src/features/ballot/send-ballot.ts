import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";

import { request } from "../../api/client";
import { BALLOT, type Ballot, fetchBallot, keys, type Poll } from "../../api/polls";
import { isFault, Problem } from "../../api/problem";
import { CACHE_RENEWED_AFTER, SLOW_SEND } from "../../api/refetch-interval";
import { backoffDelay, shouldRetry, waitBeforeRetry } from "../../api/retry-policy";
import { withTabLock } from "../../lib/with-tab-lock";
import { type Choices, sameChoices } from "./choices";
import {
  dropBallot,
  keepBallot,
  parseBallot,
  refuseBallot,
  storedBallot,
  waitingBallot,
  waitingPolls,
  watchOtherTabs,
  watchOutbox,
} from "./outbox";

/** How the sending of a ballot stands, in this tab. */
interface SendState {
  /** Whether it has to wait, since the server or the network is away, or as good as away. */
  readonly away: boolean;
  /** Why it was refused, if it did not come too late. */
  readonly error?: Error;
  readonly ended?: boolean;
}

const sendStates = new Map<string, SendState>();
const listeners = new Set<() => void>();

/**
 * The voter's ballot on its way to the server. What is cast is kept on this device until the server
 * has it or refuses it, and sent again and again until then: repeating a vote changes nothing.
 */
export function useSendBallot(poll: string) {
  const client = useQueryClient();
  const stored = useSyncExternalStore(watchOutbox, () => storedBallot(poll));
  const delivery = useSyncExternalStore(subscribe, () => sendStates.get(poll));
  const kept = useMemo(() => parseBallot(stored), [stored]);

  useEffect(() => {
    // At once, and not by start.tsx, which may have to wait for a network to load this file.
    if (kept.waiting !== undefined) void sendBallot(client, poll);
  }, [client, poll, kept]);

  useEffect(
    () =>
      watchOtherTabs(poll, ({ waiting }) => {
        // What no longer waits, and was not refused, is counted; the rest of the ballot is asked for.
        if (waiting !== undefined && storedBallot(poll) === "") showCounted(client, poll, waiting);
        for (const queryKey of [keys.ballot(poll), keys.poll(poll)]) {
          void client.invalidateQueries({ queryKey });
        }
      }),
    [client, poll],
  );

  return {
    ...kept,
    away: delivery?.away ?? false,
    error: delivery?.error,
    cast: (choices: Choices) => {
      keepBallot(poll, choices);
    },
    /** Forgets what was refused: the voter chooses anew. */
    forgetRefused: () => {
      if (kept.refused !== undefined) dropBallot(poll);
    },
  };
}

/** Sends the ballots that wait on this device, whichever page it opens. */
export function sendAllBallots(client: QueryClient): void {
  for (const poll of waitingPolls()) void sendBallot(client, poll);
}

/**
 * Sends a poll's ballot until the server has it or refuses it, and once more where the voter has
 * changed it meanwhile. TanStack Query would not try again while the page is hidden, and a phone
 * that is put away is to send, too.
 */
export async function sendBallot(client: QueryClient, poll: string): Promise<void> {
  if (sendStates.get(poll)?.ended === false) return;
  setSendState(poll, { away: false, ended: false });
  let failures = 0;
  let faults = 0;
  let refusal: Error | undefined;
  while (waitingBallot(poll) !== undefined) {
    const slow = setTimeout(() => {
      setSendState(poll, { away: true, ended: false });
    }, SLOW_SEND);
    try {
      // Two tabs that send do not overtake each other.
      await withTabLock(`tally.ballot.${poll}`, () => sendOnce(client, poll));
      failures = 0;
      faults = 0;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (isFault(error)) faults += 1;
      if (shouldRetry(error, faults)) {
        setSendState(poll, { away: !isFault(error), ended: false });
        await waitBeforeRetry(backoffDelay(failures++, error));
      } else {
        // One that came too late is no fault, and may be sent again once the poll is reopened.
        refusal = isClosed(error) ? undefined : error;
        markRefused(client, poll, error);
      }
    } finally {
      clearTimeout(slow);
    }
  }
  setSendState(poll, { away: false, ended: true, ...(refusal && { error: refusal }) });
}

/** Sends what waits, once. */
async function sendOnce(client: QueryClient, poll: string): Promise<void> {
  const choices = waitingBallot(poll);
  if (choices === undefined) return; // Another tab has sent it.
  const ballot = await putBallot(poll, choices).catch(async (error: unknown) => {
    if (!isClosed(error)) throw error;
    // The poll is closed; but where only the answer was lost, an earlier try was in time.
    const counted = await fetchBallot(poll);
    await showBallot(client, counted, poll);
    if (!sameChoices(counted.choices, choices)) throw error;
    return counted;
  });
  await showBallot(client, ballot, poll);
  if (sameChoices(waitingBallot(poll) ?? [], choices)) dropBallot(poll);
  showInResults(client, poll);
}

/** Looks at the count now, and again where that brings what the front door has from before. */
function showInResults(client: QueryClient, poll: string): void {
  const look = () => client.invalidateQueries({ queryKey: keys.results(poll) }, { cancelRefetch: false });
  void look();
  setTimeout(() => void look(), CACHE_RENEWED_AFTER);
}

function putBallot(poll: string, choices: Choices): Promise<Ballot> {
  const body = { choices: [...choices] };
  return request("put", BALLOT, { params: { poll_id: poll }, body, expect: "choices" });
}

/** Shows what the server has counted; what was asked for before may be older, and is dropped. */
async function showBallot(client: QueryClient, ballot: Ballot, poll: string): Promise<void> {
  await client.cancelQueries({ queryKey: keys.ballot(poll) });
  client.setQueryData(keys.ballot(poll), ballot);
}

function showCounted(client: QueryClient, poll: string, choices: Choices): void {
  client.setQueryData<Ballot>(keys.ballot(poll), (ballot) => ballot && { ...ballot, choices: [...choices] });
}

/** The poll is closed or gone, or the server's mistake: its page is to say so at once. */
function markRefused(client: QueryClient, poll: string, error: Error): void {
  if (isClosed(error)) {
    client.setQueryData<Poll>(keys.poll(poll), (known) => known && { ...known, closed: true });
  }
  refuseBallot(poll);
  void client.invalidateQueries({ queryKey: keys.poll(poll) });
}

/** Whether it was refused since the poll is closed. */
function isClosed(error: unknown): boolean {
  return error instanceof Problem && error.status === 409;
}

function setSendState(poll: string, delivery: SendState): void {
  sendStates.set(poll, delivery);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
