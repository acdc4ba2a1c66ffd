import { useEffect } from "react";

const LATER = 1_500;

/**
 * Loads a file that may be wanted later, once there is nothing else to load. If it cannot be now, it
 * is loaded when it is wanted.
 */
export function usePrefetch(file: () => Promise<unknown>): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      file().catch(() => undefined);
    }, LATER);
    return () => {
      clearTimeout(timer);
    };
  }, [file]);
}
