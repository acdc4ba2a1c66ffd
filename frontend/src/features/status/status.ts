import { request } from "../../api/client";
import { useRefetchedQuery } from "../../api/query";
import { chartInterval } from "../../api/refetch-interval";
import type { components } from "../../api/schema";

export type Status = components["schemas"]["Status"];
export type Traffic = components["schemas"]["Traffic"];

/** Fetches the server's status repeatedly. */
export function useStatus() {
  return useRefetchedQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => request("get", "/api/status", { signal, expect: "database" }),
    refetchInterval: () => chartInterval(document.visibilityState === "visible"),
    refetchIntervalInBackground: true,
  });
}
