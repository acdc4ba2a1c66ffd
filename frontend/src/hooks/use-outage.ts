import { useEffect, useState } from "react";

import type { Outage, QueryProgress } from "../api/query";
import { SHORT_OUTAGE, slowAfter } from "../api/refetch-interval";
import { useOnline } from "./use-online";
import { useStableFor } from "./use-stable-for";

/**
 * What is to be told of what is asked for again and again: trouble that lasts, a device that is
 * offline, or a look that takes long. Not each look that is lost or slow: it is read out, too.
 */
export function useOutage(trouble: Outage | undefined, asked: QueryProgress): Outage | undefined {
  const online = useOnline();
  const lasting = useStableFor(trouble !== undefined, SHORT_OUTAGE);
  const silent = useIsSlow(asked.fetchStatus === "fetching");
  if (lasting) return trouble;
  return silent || !online ? "away" : undefined;
}

/** Whether a look takes long, beside the last one. */
function useIsSlow(looking: boolean): boolean {
  const [patience, setPatience] = useState(slowAfter(0));

  useEffect(() => {
    if (!looking) return;
    const began = performance.now();
    return () => {
      setPatience(slowAfter(performance.now() - began));
    };
  }, [looking]);

  return useStableFor(looking, patience);
}
