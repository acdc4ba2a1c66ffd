import type { QueryClient } from "@tanstack/react-query";

/**
 * Restarts all pending queries when the network returns: those that failed would wait for their next
 * retry, and those in flight were sent into the network that is gone.
 */
export function refetchOnReconnect(client: QueryClient): void {
  window.addEventListener("online", () => {
    for (const query of client.getQueryCache().findAll({ fetchStatus: "fetching" })) {
      void query.cancel({ silent: true });
      query.fetch().catch(() => undefined); // its observers report it
    }
  });
}
