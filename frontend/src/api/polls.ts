import { keepPreviousData, useQuery, useQueryClient, type UseQueryOptions } from "@tanstack/react-query";

import { bearer, hidesFault, isStale, request, requestWithHeaders } from "./client";
import { isFault, Problem } from "./problem";
import { backoff, OUTDATED, pollingInterval, worthRetrying } from "./retry-policy";
import type { components } from "./schema";

export type Poll = components["schemas"]["Poll"];
export type Results = components["schemas"]["Results"];
export type Ballot = components["schemas"]["Ballot"];
/**
 * Results, and how many looks in a row have brought a copy that the front door could not renew,
 * and whether that is since the app behind it fails.
 */
export type Watched = Results & { readonly staleLooks: number; readonly failing: boolean };

export const keys = {
  poll: (id: string) => ["poll", id] as const,
  results: (id: string) => ["results", id] as const,
  timeline: (id: string) => ["timeline", id] as const,
  viewingKey: (id: string, manageKey: string) => ["viewing-key", id, manageKey] as const,
  ballot: (id: string) => ["ballot", id] as const,
};

/**
 * Tries again, with growing pauses: for as long as the server is away, and a few times where it
 * fails.
 * @param isShown whether there is something to show meanwhile: then it goes on where it fails, too
 */
export function untilBack(isShown = () => false) {
  let faults = 0;
  return {
    retry: (failures: number, error: Error) => {
      if (failures === 0) faults = 0;
      if (isFault(error)) faults += 1;
      return worthRetrying(error, isShown() ? 0 : faults);
    },
    retryDelay: (failures: number, error: Error) => backoff(failures, error),
  };
}

/** Asks for what a page shows, and goes on asking for it once it is shown. */
export function useAsked<T>(options: UseQueryOptions<T>) {
  const client = useQueryClient();
  const isShown = () => client.getQueryData(options.queryKey) !== undefined;
  const { refetchInterval: every } = options;
  return useQuery({
    ...options,
    ...untilBack(isShown),
    // What was given up waits to be asked for by the reader.
    refetchInterval: (query) =>
      !isFault(query.state.error) &&
      !isGone(query.state.error) &&
      (typeof every === "function" ? every(query) : every),
  });
}

/** What TanStack Query says about reaching the server. */
export interface Reaching {
  readonly failureCount: number;
  readonly failureReason: Error | null;
  readonly fetchStatus: "fetching" | "paused" | "idle";
}

/** Why nothing new comes: the last try did not reach the server, or the server failed at it. */
export type Trouble = "away" | "failing";

export function troubleOf({ failureCount, failureReason, fetchStatus }: Reaching): Trouble | undefined {
  if (fetchStatus === "paused") return "away"; // offline
  if (failureCount === 0) return undefined;
  return isFault(failureReason) ? "failing" : "away";
}

/** What it says about something that was sent. */
export interface Sending {
  readonly error: Error | null;
  readonly isPending: boolean;
  readonly isPaused: boolean;
  readonly failureCount: number;
  readonly failureReason: Error | null;
}

/** The same of results, which the front door also has while the app behind it is away or fails. */
export function troubleOfResults(asked: Reaching & { readonly data: Watched }): Trouble | undefined {
  const { failing, staleLooks } = asked.data;
  return troubleOf(asked) ?? (failing ? "failing" : staleLooks >= OUTDATED ? "away" : undefined);
}

/** Whether a poll is not there, or is no more. */
export function isGone(error: Error | null): boolean {
  return error instanceof Problem && (error.status === 404 || error.status === 410);
}

export const POLL = "/api/polls/{poll_id}";
const RESULTS = "/api/polls/{poll_id}/results";
export const BALLOT = "/api/polls/{poll_id}/ballot";
const VIEWING_KEY = "/api/polls/{poll_id}/viewing-key";

export function askForPoll(id: string, signal?: AbortSignal) {
  return request("get", POLL, { params: { poll_id: id }, proof: "options", ...(signal && { signal }) });
}

/**
 * A poll's question and options.
 * @param every milliseconds between two looks, for whoever must not wait for the cached results
 */
export function usePoll(id: string, every?: number) {
  return useAsked({
    queryKey: keys.poll(id),
    queryFn: ({ signal }) => askForPoll(id, signal),
    staleTime: 30_000,
    ...(every !== undefined && { refetchInterval: every }),
  });
}

/**
 * A poll's counts, asked for again and again.
 * @param watching whether someone looks at the numbers, or the page only needs to know if it closed
 * @param key the viewing key, where the count is not for everyone and this device has one
 */
export function useResults(id: string, watching: boolean, key?: string) {
  const client = useQueryClient();
  const queryKey = [...keys.results(id), key];
  return useAsked({
    queryKey,
    // A key that has just come shows what was hidden; until then the page stays as it is.
    placeholderData: keepPreviousData,
    // no-cache: the browser revalidates with the ETag rather than showing a stored answer, which
    // `stale-while-revalidate` would let it do.
    queryFn: async ({ signal }) => {
      const asked = { params: { poll_id: id }, query: { key }, proof: "ballots", signal, cache: "no-cache" } as const;
      const { content, headers } = await requestWithHeaders("get", RESULTS, asked);
      const before = client.getQueryData<Watched>(queryKey)?.staleLooks ?? 0;
      const staleLooks = isStale(headers) ? before + 1 : 0;
      return { ...content, staleLooks, failing: hidesFault(headers) };
    },
    refetchInterval: (query) =>
      pollingInterval({
        visible: document.visibilityState === "visible",
        closed: query.state.data?.closed ?? false,
        staleLooks: query.state.data?.staleLooks ?? 0,
        watching,
      }),
    refetchIntervalInBackground: true,
  });
}

/** What the server holds of the voter's ballot. */
export function requestBallot(id: string, signal?: AbortSignal): Promise<Ballot> {
  return request("get", BALLOT, { params: { poll_id: id }, proof: "choices", ...(signal && { signal }) });
}

/**
 * The voter's own ballot; without choices where none was cast yet. Asked for again when the page is
 * looked at again: the voter may have voted elsewhere.
 */
export function useBallot(id: string, enabled = true) {
  return useAsked({
    enabled,
    queryKey: keys.ballot(id),
    queryFn: ({ signal }) => requestBallot(id, signal),
    staleTime: Infinity,
    refetchOnWindowFocus: "always",
  });
}

export function askForViewingKey(id: string, manageKey: string, signal?: AbortSignal) {
  const asked = { params: { poll_id: id }, headers: bearer(manageKey), proof: "viewing_key" } as const;
  return request("get", VIEWING_KEY, { ...asked, ...(signal && { signal }) });
}

/** The viewing key that a manage key brings, and so the proof that it is this poll's. */
export function useHostsViewingKey(id: string, manageKey: string | undefined) {
  return useAsked({
    queryKey: keys.viewingKey(id, manageKey ?? ""),
    queryFn: ({ signal }) => askForViewingKey(id, manageKey ?? "", signal),
    enabled: manageKey !== undefined,
    staleTime: Infinity,
  });
}

/** Whether the key is wrong. That none has come, which is a 401, may be the fault of what is on the way. */
export function isWrongKey(error: Error | null): boolean {
  return error instanceof Problem && error.status === 403;
}

/** Whether the server refused the key that was shown to it, and not what was asked for. */
export function refusesKey(error: Error | null): boolean {
  return isWrongKey(error) || (error instanceof Problem && error.status === 401);
}

/**
 * The viewing key of a poll whose count is not for everyone: the host's, where this device holds
 * the manage key, else the one that voting has brought.
 */
export function useViewingKey(poll: Poll | undefined, manageKey: string | undefined) {
  const { id = "", results = "always" } = poll ?? {};
  const hosts = useHostsViewingKey(id, results === "always" ? undefined : manageKey);
  const ballot = useBallot(id, results === "voted" && manageKey === undefined);
  return hosts.data?.viewing_key ?? ballot.data?.viewing_key ?? undefined;
}
