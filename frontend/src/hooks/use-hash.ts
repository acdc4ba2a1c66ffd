import { useLocationProperty } from "wouter/use-browser-location";

/** What follows the `#` of the page's address, "" where nothing does. */
export function useHash(): string {
  return useLocationProperty(() => location.hash.slice(1));
}
