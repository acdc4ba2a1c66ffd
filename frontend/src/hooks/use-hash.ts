import { useLocationProperty } from "wouter/use-browser-location";

/** The fragment of the page's URL without the `#`; "" if there is none. */
export function useHash(): string {
  return useLocationProperty(() => location.hash.slice(1));
}
