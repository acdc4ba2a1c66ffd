import { keepPreviousData } from "@tanstack/react-query";

import { request } from "../../api/client";
import { keys } from "../../api/polls";
import { useRefetchedQuery } from "../../api/query";
import { chartInterval } from "../../api/refetch-interval";
import type { components } from "../../api/schema";

export type Timeline = components["schemas"]["Timeline"];

const TIMELINE = "/api/polls/{poll_id}/timeline";

/**
 * The votes of a poll over time, refetched while the tab is visible.
 * @param key the viewing key, as for the results
 */
export function useTimeline(id: string, key?: string) {
  return useRefetchedQuery({
    queryKey: [...keys.timeline(id), key],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      request("get", TIMELINE, {
        params: { poll_id: id },
        query: { key },
        expect: "buckets",
        signal,
        cache: "no-cache",
      }),
    refetchInterval: chartInterval(true), // a hidden tab does not refetch
  });
}
