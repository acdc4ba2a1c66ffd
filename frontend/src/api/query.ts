/** How the app uses TanStack Query: retries, refetching, and what is known of an outage. */
import { useQuery, useQueryClient, type UseQueryOptions } from "@tanstack/react-query";

import { isFault, isGone } from "./problem";
import { backoffDelay, shouldRetry } from "./retry-policy";

/**
 * Retries as long as the server is away, and a few times if it fails.
 * @param isShown whether older data is on the screen: then faults are retried without limit, too
 */
export function retryOptions(isShown = () => false) {
  let faults = 0;
  return {
    retry: (failures: number, error: Error) => {
      if (failures === 0) faults = 0;
      if (isFault(error)) faults += 1;
      return shouldRetry(error, isShown() ? 0 : faults);
    },
    retryDelay: (failures: number, error: Error) => backoffDelay(failures, error),
  };
}

/** A query with retries, which is refetched at the given interval once it has data. */
export function useRefetchedQuery<T>(options: UseQueryOptions<T>) {
  const client = useQueryClient();
  const isShown = () => client.getQueryData(options.queryKey) !== undefined;
  const { refetchInterval: every } = options;
  return useQuery({
    ...options,
    ...retryOptions(isShown),
    // After the last retry the user has to ask again.
    refetchInterval: (query) =>
      !isFault(query.state.error) &&
      !isGone(query.state.error) &&
      (typeof every === "function" ? every(query) : every),
  });
}

/** The part of a query's state that tells whether it reaches the server. */
export interface QueryProgress {
  readonly failureCount: number;
  readonly failureReason: Error | null;
  readonly fetchStatus: "fetching" | "paused" | "idle";
}

/** The part of a mutation's state that tells whether it reaches the server. */
export interface MutationProgress {
  readonly error: Error | null;
  readonly isPending: boolean;
  readonly isPaused: boolean;
  readonly failureCount: number;
  readonly failureReason: Error | null;
}

/** Why no new data arrives: the last attempt did not reach the server, or the server failed. */
export type Outage = "away" | "failing";

export function outageOf({ failureCount, failureReason, fetchStatus }: QueryProgress): Outage | undefined {
  if (fetchStatus === "paused") return "away"; // offline
  if (failureCount === 0) return undefined;
  return isFault(failureReason) ? "failing" : "away";
}
