import { request } from "./client";
import { useAsked } from "./polls";
import { steadyInterval } from "./rhythm";
import type { components } from "./schema";

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
