import { useEffect, useState } from "react";

import type { Reaching, Trouble } from "../api/polls";
import { BRIEF, patienceAfter } from "../api/retry-policy";
import { useLasting } from "./use-stable-for";
import { useOnline } from "./use-online";

/**
 * What is to be told of what is asked for again and again: trouble that lasts, a device that is
 * offline, or a look that takes long. Not each look that is lost or slow: it is read out, too.
 */
export function useTrouble(trouble: Trouble | undefined, asked: Reaching): Trouble | undefined {
  const online = useOnline();
  const lasting = useLasting(trouble !== undefined, BRIEF);
  const silent = useSlowness(asked.fetchStatus === "fetching");
  if (lasting) return trouble;
  return silent || !online ? "away" : undefined;
}

/** Whether a look takes long, beside the last one. */
function useSlowness(looking: boolean): boolean {
  const [patience, setPatience] = useState(patienceAfter(0));

  useEffect(() => {
    if (!looking) return;
    const began = performance.now();
    return () => {
      setPatience(patienceAfter(performance.now() - began));
    };
  }, [looking]);

  return useLasting(looking, patience);
}
