import type { QueryClient } from "@tanstack/react-query";

/**
 * Asks at once for all that is being asked for when there is a network again: what has failed would
 * wait for its next try, and what is under way was sent into the network that is gone.
 */
export function hurryWhenOnline(client: QueryClient): void {
  window.addEventListener("online", () => {
    for (const query of client.getQueryCache().findAll({ fetchStatus: "fetching" })) {
      void query.cancel({ silent: true });
      query.fetch().catch(() => undefined); // told by whoever watches it
    }
  });
}
