import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { bearer, fillIn, request, send } from "./client";
import { Problem } from "./problem";
import { backoff, pollingInterval, steadyInterval, worthRetrying } from "./rhythm";
import type { components } from "./schema";

export type Poll = components["schemas"]["Poll"];
export type NewPoll = components["schemas"]["NewPoll"];
export type CreatedPoll = components["schemas"]["CreatedPoll"];
export type Results = components["schemas"]["Results"];
export type Timeline = components["schemas"]["Timeline"];
export type Ballot = components["schemas"]["Ballot"];

const keys = {
  poll: (id: string) => ["poll", id] as const,
  results: (id: string) => ["results", id] as const,
  timeline: (id: string) => ["timeline", id] as const,
  ballot: (id: string) => ["ballot", id] as const,
};

/** Tries again, with growing pauses, for as long as the server is away. */
export const untilBack = {
  retry: (_failures: number, error: Error) => worthRetrying(error),
  retryDelay: (failures: number, error: Error) => backoff(failures, error),
};

/** What TanStack Query says about reaching the server. */
export interface Reaching {
  readonly failureCount: number;
  readonly fetchStatus: "fetching" | "paused" | "idle";
}

/** Whether the last try did not reach the server, or the device is offline. */
export function isAway({ failureCount, fetchStatus }: Reaching): boolean {
  return failureCount > 0 || fetchStatus === "paused";
}

/** A request that may be repeated without changing its meaning is tried a few times. */
const fewTimes = { ...untilBack, retry: (n: number, error: Error) => n < 3 && worthRetrying(error) };

const POLL = "/api/polls/{poll_id}";
const RESULTS = "/api/polls/{poll_id}/results";
const TIMELINE = "/api/polls/{poll_id}/timeline";
const BALLOT = "/api/polls/{poll_id}/ballot";
const BALLOTS_CSV = "/api/polls/{poll_id}/ballots.csv";

/**
 * A poll's question and options.
 * @param every milliseconds between two looks, for whoever must not wait for the cached results
 */
export function usePoll(id: string, every?: number) {
  return useQuery({
    queryKey: keys.poll(id),
    queryFn: ({ signal }) =>
      request("get", POLL, { params: { poll_id: id }, signal }),
    staleTime: 30_000,
    ...(every !== undefined && { refetchInterval: every }),
    ...untilBack,
  });
}

/**
 * A poll's counts, asked for again and again.
 * @param watching whether someone looks at the numbers, or the page only needs to know if it closed
 */
export function useResults(id: string, watching: boolean) {
  return useQuery({
    queryKey: keys.results(id),
    // no-cache: the browser revalidates with the ETag rather than showing a stored answer, which
    // `stale-while-revalidate` would let it do.
    queryFn: ({ signal }) =>
      request("get", RESULTS, { params: { poll_id: id }, signal, cache: "no-cache" }),
    refetchInterval: (query) =>
      pollingInterval({
        visible: document.visibilityState === "visible",
        closed: query.state.data?.closed ?? false,
        watching,
      }),
    refetchIntervalInBackground: true,
    ...untilBack,
  });
}

/** When a poll's votes came in, asked for again for as long as someone looks. */
export function useTimeline(id: string) {
  return useQuery({
    queryKey: keys.timeline(id),
    queryFn: ({ signal }) =>
      request("get", TIMELINE, { params: { poll_id: id }, signal, cache: "no-cache" }),
    refetchInterval: steadyInterval(true), // and not at all in a hidden tab
    ...untilBack,
  });
}

/** The voter's own ballot; without choices where none was cast yet. */
export function useBallot(id: string) {
  return useQuery({
    queryKey: keys.ballot(id),
    queryFn: ({ signal }) =>
      request("get", BALLOT, { params: { poll_id: id }, signal }),
    staleTime: Infinity,
    ...untilBack,
  });
}

/** Opens a poll. Not repeated by itself: a lost answer may hide a poll that was created. */
export function useCreatePoll() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewPoll) => request("post", "/api/polls", { body }),
    onSuccess: (poll) => {
      client.setQueryData<Poll>(keys.poll(poll.id), poll);
    },
  });
}

/** Casts or changes the voter's ballot, in one request. */
export function useCastBallot(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (choices: number[]) =>
      request("put", BALLOT, { params: { poll_id: id }, body: { choices } }),
    ...fewTimes,
    onSuccess: (ballot) => {
      client.setQueryData(keys.ballot(id), ballot);
      void client.invalidateQueries({ queryKey: keys.results(id) });
    },
    onError: (error) =>
      // The likeliest refusal is that the poll was closed meanwhile.
      error instanceof Problem && error.status === 409
        ? client.invalidateQueries({ queryKey: keys.poll(id) })
        : undefined,
  });
}

/** Closes or reopens a poll. */
export function useSetClosed(id: string, key: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (closed: boolean) =>
      request("patch", POLL, {
        params: { poll_id: id },
        headers: bearer(key),
        body: { closed },
      }),
    ...fewTimes,
    onSuccess: (poll) => {
      client.setQueryData(keys.poll(id), poll);
      void client.invalidateQueries({ queryKey: keys.results(id) });
    },
  });
}

/** Deletes a poll and all its ballots. */
export function useDeletePoll(id: string, key: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      request("delete", POLL, { params: { poll_id: id }, headers: bearer(key) }),
    onSuccess: () => {
      // Not removed at once: the page that deletes still shows the poll until it is left.
      for (const queryKey of [keys.poll(id), keys.results(id), keys.ballot(id)]) {
        void client.invalidateQueries({ queryKey, refetchType: "none" });
      }
    },
  });
}

/** Fetches every ballot as CSV. Fetched rather than linked to, since the key goes in a header. */
export function useBallotsCsv(id: string, key: string) {
  return useMutation({
    mutationFn: async () => {
      // Without a time limit: the file is streamed and may be long.
      const response = await send(fillIn(BALLOTS_CSV, { poll_id: id }), { headers: bearer(key) });
      return response.blob();
    },
  });
}
