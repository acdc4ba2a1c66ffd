/** Components in files of their own: loaded where they are shown, or ahead of that. */
import { lazy, type ComponentType } from "react";

import { loadChunk } from "../api/load-chunk";

interface ComponentModule<Props> {
  default: ComponentType<Props>;
}

type ModuleImport = () => Promise<unknown>;

/** What came, or is to come, by what brings it. */
const modules = new Map<ModuleImport, PromiseLike<unknown>>();

/** A component in a file of its own, which is loaded when it is shown, if not before. */
export function lazyComponent<Props>(file: () => Promise<ComponentModule<Props>>) {
  return lazy(() => loadComponent(file) as Promise<ComponentModule<Props>>); // of which React takes nothing but `then`
}

/**
 * Loads a component. Whoever waits for one that came is told at once, so that React shows it with
 * the same render: once it had to wait, it shows it 300 ms later at the least
 * (FALLBACK_THROTTLE_MS), and only then is a page's data asked for.
 */
export function loadComponent(file: ModuleImport): PromiseLike<unknown> {
  const known = modules.get(file);
  if (known) return known;
  const loading = loadChunk(file);
  modules.set(file, loading);
  loading.then(keep(file), () => undefined);
  return loading;
}

/** Loads a component that may be shown. If it cannot be now, it is loaded when it is. */
export function prefetchComponent(file: ModuleImport): void {
  file().then(keep(file), () => undefined);
}

function keep(file: ModuleImport) {
  return (loaded: unknown) => {
    modules.set(file, { then: (found) => found?.(loaded) } as PromiseLike<unknown>);
  };
}
