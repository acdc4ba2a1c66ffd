import type { Sending } from "../api/polls";
import { isFault } from "../api/problem";
import { LONG_SEND } from "../api/retry-policy";
import * as strings from "../strings";
import { useLasting } from "./use-stable-for";
import { useOnline } from "./use-online";

/** What there is to say of something that is being sent and takes its time; else nothing. */
export function useDelay(sending: Sending): string | undefined {
  const { isPending, isPaused, failureCount, failureReason } = sending;
  const online = useOnline();
  const long = useLasting(isPending, LONG_SEND);
  if (!isPending) return undefined;
  if (isPaused || !online) return strings.trouble.away;
  if (failureCount > 0) return isFault(failureReason) ? strings.trouble.failing : strings.trouble.away;
  return long ? strings.trouble.slow : undefined;
}
