import { isFault } from "../api/problem";
import type { MutationProgress } from "../api/query";
import { SLOW_SEND } from "../api/refetch-interval";
import * as strings from "../strings";
import { useOnline } from "./use-online";
import { useStableFor } from "./use-stable-for";

/** The message while a mutation takes long; undefined if none is needed. */
export function useDelayMessage(mutation: MutationProgress): string | undefined {
  const { isPending, isPaused, failureCount, failureReason } = mutation;
  const online = useOnline();
  const long = useStableFor(isPending, SLOW_SEND);
  if (!isPending) return undefined;
  if (isPaused || !online) return strings.trouble.away;
  if (failureCount > 0) return isFault(failureReason) ? strings.trouble.failing : strings.trouble.away;
  return long ? strings.trouble.slow : undefined;
}
