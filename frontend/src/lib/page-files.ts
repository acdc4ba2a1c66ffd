import type { ComponentType } from "react";

import { pages, type Page } from "../pages";
import { load } from "./load";

export interface Loaded {
  default: ComponentType;
}

type PageFile = () => Promise<Loaded>;

/** What came, or is to come. */
const files = new Map<PageFile, PromiseLike<Loaded>>();

/**
 * A page's file, for React's lazy(). Whoever waits for one that came is told at once, so that React
 * shows the page with the same render: once it had to wait, it shows the page 300 ms later at the
 * least (FALLBACK_THROTTLE_MS), and only then is the page's data asked for.
 */
export function pageFile(file: PageFile): PromiseLike<Loaded> {
  const known = files.get(file);
  if (known) return known;
  const loading = load(file);
  files.set(file, loading);
  loading.then(keep(file), () => undefined);
  return loading;
}

/** Loads a page that may be gone to. If it cannot be now, it is loaded when it is. */
export function prefetch(path: Page["path"]): void {
  const page = pages.find((one) => one.path === path);
  page?.file().then(keep(page.file), () => undefined);
}

function keep(file: PageFile) {
  return (loaded: Loaded) => {
    files.set(file, { then: (found) => found?.(loaded) } as PromiseLike<Loaded>);
  };
}
