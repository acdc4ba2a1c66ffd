import type { Sending } from "../api/polls";
import { LONG_SEND } from "../api/rhythm";
import * as strings from "../strings";
import { useLasting } from "./use-lasting";
import { useOnline } from "./use-online";

/** What there is to say of something that is being sent and takes its time; else nothing. */
export function useDelay({ isPending, isPaused, failureCount }: Sending): string | undefined {
  const online = useOnline();
  const long = useLasting(isPending, LONG_SEND);
  if (!isPending) return undefined;
  if (isPaused || failureCount > 0 || !online) return strings.trouble.away;
  return long ? strings.trouble.slow : undefined;
}
