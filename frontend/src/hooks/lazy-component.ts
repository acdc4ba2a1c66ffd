/** Components in files of their own: loaded where they are shown, or ahead of that. */
import { lazy, type ComponentType } from "react";

import { load } from "../api/load-chunk";

interface Loaded<Props> {
  default: ComponentType<Props>;
}

type File = () => Promise<unknown>;

/** What came, or is to come, by what brings it. */
const files = new Map<File, PromiseLike<unknown>>();

/** A component in a file of its own, which is loaded when it is shown, if not before. */
export function lazily<Props>(file: () => Promise<Loaded<Props>>) {
  return lazy(() => bring(file) as Promise<Loaded<Props>>); // of which React takes nothing but `then`
}

/**
 * Loads a component. Whoever waits for one that came is told at once, so that React shows it with
 * the same render: once it had to wait, it shows it 300 ms later at the least
 * (FALLBACK_THROTTLE_MS), and only then is a page's data asked for.
 */
export function bring(file: File): PromiseLike<unknown> {
  const known = files.get(file);
  if (known) return known;
  const loading = load(file);
  files.set(file, loading);
  loading.then(keep(file), () => undefined);
  return loading;
}

/** Loads a component that may be shown. If it cannot be now, it is loaded when it is. */
export function prefetch(file: File): void {
  file().then(keep(file), () => undefined);
}

function keep(file: File) {
  return (loaded: unknown) => {
    files.set(file, { then: (found) => found?.(loaded) } as PromiseLike<unknown>);
  };
}
