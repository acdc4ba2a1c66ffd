import { useEffect } from "react";

import { prefetchComponent } from "./lazy-component";

const LATER = 1_500;

/** Loads a component that may be shown, once there is nothing else to load. */
export function usePrefetch(file: (() => Promise<unknown>) | undefined): void {
  useEffect(() => {
    if (file === undefined) return;
    const timer = setTimeout(() => {
      prefetchComponent(file);
    }, LATER);
    return () => {
      clearTimeout(timer);
    };
  }, [file]);
}
