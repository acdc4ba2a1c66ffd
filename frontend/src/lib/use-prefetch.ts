import { useEffect } from "react";

import type { Page } from "../pages";
import { prefetch } from "./page-files";

const LATER = 1_500;

/** Loads a page that may be gone to, once there is nothing else to load. */
export function usePrefetch(path: Page["path"]): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      prefetch(path);
    }, LATER);
    return () => {
      clearTimeout(timer);
    };
  }, [path]);
}
