import type { Reaching } from "../api/polls";
import { LONG_LOOK } from "../api/rhythm";
import { useLasting } from "./use-lasting";
import { useOnline } from "./use-online";

/** Whether nothing new can have come: the device is offline, or a look has taken long already. */
export function useSilence({ fetchStatus }: Reaching): boolean {
  const online = useOnline();
  return useLasting(fetchStatus === "fetching", LONG_LOOK) || !online;
}
