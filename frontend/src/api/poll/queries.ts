import { keepPreviousData, useQueryClient } from "@tanstack/react-query";

import { bearer, isStale, isStaleAfterFault, request, requestWithHeaders } from "../client";
import { type Ballot, fetchPoll, keys, type Poll, type Results } from "../polls";
import { type Outage, outageOf, type QueryProgress, useRefetchedQuery } from "../query";
import { MAX_STALE_ANSWERS, resultsInterval } from "../refetch-interval";

/**
 * Results; how many answers in a row were cached copies that Nginx could not renew; and whether the
 * app's failure is the reason.
 */
export type LiveResults = Results & { readonly staleAnswers: number; readonly failing: boolean };


/** The outage of results, which Nginx also serves from its cache while the app is away or fails. */
export function resultsOutage(query: QueryProgress & { readonly data: LiveResults }): Outage | undefined {
  const { failing, staleAnswers } = query.data;
  return outageOf(query) ?? (failing ? "failing" : staleAnswers >= MAX_STALE_ANSWERS ? "away" : undefined);
}

const RESULTS = "/api/polls/{poll_id}/results";
export const BALLOT = "/api/polls/{poll_id}/ballot";
const VIEWING_KEY = "/api/polls/{poll_id}/viewing-key";

/**
 * A poll's question and options.
 * @param every the refetch interval in milliseconds; none by default
 */
export function usePoll(id: string, every?: number) {
  return useRefetchedQuery({
    queryKey: keys.poll(id),
    queryFn: ({ signal }) => fetchPoll(id, signal),
    staleTime: 30_000,
    ...(every !== undefined && { refetchInterval: every }),
  });
}

/**
 * A poll's counts, which are refetched.
 * @param watching whether the page shows the counts, or only needs to know whether the poll is closed
 * @param key the viewing key, if the results are not public and this device has one
 */
export function useResults(id: string, watching: boolean, key?: string) {
  const client = useQueryClient();
  const queryKey = [...keys.results(id), key];
  return useRefetchedQuery({
    queryKey,
    // A new viewing key starts a new query; until it has data, the page shows the old data.
    placeholderData: keepPreviousData,
    // no-cache makes the browser revalidate with the ETag; `stale-while-revalidate` would let it
    // show a stored response.
    queryFn: async ({ signal }) => {
      const options = { params: { poll_id: id }, query: { key }, expect: "ballots", signal, cache: "no-cache" } as const;
      const { content, headers } = await requestWithHeaders("get", RESULTS, options);
      const before = client.getQueryData<LiveResults>(queryKey)?.staleAnswers ?? 0;
      const staleAnswers = isStale(headers) ? before + 1 : 0;
      return { ...content, staleAnswers, failing: isStaleAfterFault(headers) };
    },
    refetchInterval: (query) =>
      resultsInterval({
        visible: document.visibilityState === "visible",
        closed: query.state.data?.closed ?? false,
        staleAnswers: query.state.data?.staleAnswers ?? 0,
        watching,
      }),
    refetchIntervalInBackground: true,
  });
}

/** Fetches the voter's ballot. */
export function fetchBallot(id: string, signal?: AbortSignal): Promise<Ballot> {
  return request("get", BALLOT, { params: { poll_id: id }, expect: "choices", ...(signal && { signal }) });
}

/**
 * The voter's own ballot; without choices if none was cast yet. Refetched when the window gets the
 * focus, since the voter may have voted elsewhere.
 */
export function useBallot(id: string, enabled = true) {
  return useRefetchedQuery({
    enabled,
    queryKey: keys.ballot(id),
    queryFn: ({ signal }) => fetchBallot(id, signal),
    staleTime: Infinity,
    refetchOnWindowFocus: "always",
  });
}

export function fetchViewingKey(id: string, manageKey: string, signal?: AbortSignal) {
  const options = { params: { poll_id: id }, headers: bearer(manageKey), expect: "viewing_key" } as const;
  return request("get", VIEWING_KEY, { ...options, ...(signal && { signal }) });
}

/** The viewing key that the server gives for a manage key. An answer proves that the key is valid. */
export function useHostViewingKey(id: string, manageKey: string | undefined) {
  return useRefetchedQuery({
    queryKey: keys.viewingKey(id, manageKey ?? ""),
    queryFn: ({ signal }) => fetchViewingKey(id, manageKey ?? "", signal),
    enabled: manageKey !== undefined,
    staleTime: Infinity,
  });
}

/**
 * The viewing key of a poll whose results are not public: the host's, if this device has the manage
 * key, or else the voter's.
 */
export function useViewingKey(poll: Poll | undefined, manageKey: string | undefined) {
  const { id = "", results = "always" } = poll ?? {};
  const hosts = useHostViewingKey(id, results === "always" ? undefined : manageKey);
  const ballot = useBallot(id, results === "voted" && manageKey === undefined);
  return hosts.data?.viewing_key ?? ballot.data?.viewing_key ?? undefined;
}
