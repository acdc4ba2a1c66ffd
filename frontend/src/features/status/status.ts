import { request } from "../../api/client";
import { useAsked } from "../../api/polls";
import { steadyInterval } from "../../api/retry-policy";
import type { components } from "../../api/schema";

export type Status = components["schemas"]["Status"];
export type Traffic = components["schemas"]["Traffic"];

/** What runs, asked for again and again. */
export function useStatus() {
  return useAsked({
    queryKey: ["status"],
    queryFn: ({ signal }) => request("get", "/api/status", { signal, proof: "database" }),
    refetchInterval: () => steadyInterval(document.visibilityState === "visible"),
    refetchIntervalInBackground: true,
  });
}
