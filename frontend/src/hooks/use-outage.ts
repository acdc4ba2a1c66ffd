import { useEffect, useState } from "react";

import type { Outage, QueryProgress } from "../api/query";
import { SHORT_OUTAGE, slowAfter } from "../api/refetch-interval";
import { useOnline } from "./use-online";
import { useStableFor } from "./use-stable-for";

/**
 * The outage to show for a query that is refetched: one that lasts, a device that is offline, or a
 * slow request. A single failed or slow request is not shown, since screen readers read it out.
 */
export function useOutage(outage: Outage | undefined, query: QueryProgress): Outage | undefined {
  const online = useOnline();
  const lasting = useStableFor(outage !== undefined, SHORT_OUTAGE);
  const slow = useIsSlow(query.fetchStatus === "fetching");
  if (lasting) return outage;
  return slow || !online ? "away" : undefined;
}

/** Whether a request takes long, compared with the one before. */
function useIsSlow(fetching: boolean): boolean {
  const [limit, setLimit] = useState(slowAfter(0));

  useEffect(() => {
    if (!fetching) return;
    const began = performance.now();
    return () => {
      setLimit(slowAfter(performance.now() - began));
    };
  }, [fetching]);

  return useStableFor(fetching, limit);
}
