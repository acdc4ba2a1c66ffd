import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";

import { request } from "../../api/client";
import { BALLOT, fetchBallot } from "../../api/poll/queries";
import { type Ballot, keys, type Poll } from "../../api/polls";
import { isFault, Problem } from "../../api/problem";
import { CACHE_RENEWED_AFTER, SLOW_SEND } from "../../api/refetch-interval";
import { backoffDelay, shouldRetry, waitBeforeRetry } from "../../api/retry-policy";
import { withTabLock } from "../../lib/with-tab-lock";
import { type Choices, sameChoices } from "./outbox/choices";
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
} from "./outbox/outbox";

/** The state of sending a ballot, in this tab. */
interface SendState {
  /** Whether it waits for the server or the network, which is down or very slow. */
  readonly away: boolean;
  /** Why it was refused; undefined if it was too late. */
  readonly error?: Error;
  readonly ended?: boolean;
}

const sendStates = new Map<string, SendState>();
const listeners = new Set<() => void>();

/**
 * Sends the voter's ballot. It is kept on this device and retried until the server accepts or refuses
 * it; a vote is idempotent.
 */
export function useSendBallot(poll: string) {
  const client = useQueryClient();
  const stored = useSyncExternalStore(watchOutbox, () => storedBallot(poll));
  const delivery = useSyncExternalStore(subscribe, () => sendStates.get(poll));
  const kept = useMemo(() => parseBallot(stored), [stored]);

  useEffect(() => {
    // Not left to start.tsx, which may have to wait for the network to load this file.
    if (kept.waiting !== undefined) void sendBallot(client, poll);
  }, [client, poll, kept]);

  useEffect(
    () =>
      watchOtherTabs(poll, ({ waiting }) => {
        // A ballot that neither waits nor was refused is counted; the rest is fetched.
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
    /** Removes the refused choices once the voter chooses again. */
    forgetRefused: () => {
      if (kept.refused !== undefined) dropBallot(poll);
    },
  };
}

/** Sends all ballots that wait on this device. */
export function sendAllBallots(client: QueryClient): void {
  for (const poll of waitingPolls()) void sendBallot(client, poll);
}

/**
 * Sends a poll's ballot until the server accepts or refuses it, and again if the voter changes it
 * in between. TanStack Query does not retry while the page is hidden, which it is on a locked phone.
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
      // The lock keeps the ballots of two tabs in order.
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
        // A ballot that was too late can be sent again if the poll is reopened.
        refusal = isClosed(error) ? undefined : error;
        markRefused(client, poll, error);
      }
    } finally {
      clearTimeout(slow);
    }
  }
  setSendState(poll, { away: false, ended: true, ...(refusal && { error: refusal }) });
}

/** Sends the waiting ballot, once. */
async function sendOnce(client: QueryClient, poll: string): Promise<void> {
  const choices = waitingBallot(poll);
  if (choices === undefined) return; // Another tab has sent it.
  const ballot = await putBallot(poll, choices).catch(async (error: unknown) => {
    if (!isClosed(error)) throw error;
    // The poll is closed, but an earlier attempt whose answer was lost may have been in time.
    const counted = await fetchBallot(poll);
    await showBallot(client, counted, poll);
    if (!sameChoices(counted.choices, choices)) throw error;
    return counted;
  });
  await showBallot(client, ballot, poll);
  if (sameChoices(waitingBallot(poll) ?? [], choices)) dropBallot(poll);
  showInResults(client, poll);
}

/** Refetches the results now, and again after Nginx has renewed its cached copy. */
function showInResults(client: QueryClient, poll: string): void {
  const refetch = () => client.invalidateQueries({ queryKey: keys.results(poll) }, { cancelRefetch: false });
  void refetch();
  setTimeout(() => void refetch(), CACHE_RENEWED_AFTER);
}

function putBallot(poll: string, choices: Choices): Promise<Ballot> {
  const body = { choices: [...choices] };
  return request("put", BALLOT, { params: { poll_id: poll }, body, expect: "choices" });
}

/** Shows the ballot that the server has; queries in flight may be older, and are cancelled. */
async function showBallot(client: QueryClient, ballot: Ballot, poll: string): Promise<void> {
  await client.cancelQueries({ queryKey: keys.ballot(poll) });
  client.setQueryData(keys.ballot(poll), ballot);
}

function showCounted(client: QueryClient, poll: string, choices: Choices): void {
  client.setQueryData<Ballot>(keys.ballot(poll), (ballot) => ballot && { ...ballot, choices: [...choices] });
}

/** Marks the ballot as refused, and refetches the poll, which may be closed or deleted. */
function markRefused(client: QueryClient, poll: string, error: Error): void {
  if (isClosed(error)) {
    client.setQueryData<Poll>(keys.poll(poll), (known) => known && { ...known, closed: true });
  }
  refuseBallot(poll);
  void client.invalidateQueries({ queryKey: keys.poll(poll) });
}

/** Whether a ballot was refused because the poll is closed. */
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
