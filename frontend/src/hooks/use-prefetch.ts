import { useEffect } from "react";

import { prefetchComponent } from "./lazy-component";

const DELAY = 1_500; // milliseconds

/** Prefetches a component after the page has loaded. */
export function usePrefetch(file: (() => Promise<unknown>) | undefined): void {
  useEffect(() => {
    if (file === undefined) return;
    const timer = setTimeout(() => {
      prefetchComponent(file);
    }, DELAY);
    return () => {
      clearTimeout(timer);
    };
  }, [file]);
}
