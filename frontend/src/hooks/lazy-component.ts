/** Components in chunks of their own, which are loaded when they are shown, or earlier. */
import { lazy, type ComponentType } from "react";

import { loadChunk } from "../api/load-chunk";

interface ComponentModule<Props> {
  default: ComponentType<Props>;
}

type ModuleImport = () => Promise<unknown>;

/** The modules that are loaded or loading, by their import. */
const modules = new Map<ModuleImport, PromiseLike<unknown>>();

/** A component in a chunk of its own, which is loaded when it is first shown, or earlier. */
export function lazyComponent<Props>(file: () => Promise<ComponentModule<Props>>) {
  return lazy(() => loadComponent(file) as Promise<ComponentModule<Props>>); // React uses only `then`
}

/**
 * Loads a component. If it is loaded already, `then` calls back synchronously, so that React shows
 * it in the same render. Otherwise React shows the fallback for at least 300 ms
 * (FALLBACK_THROTTLE_MS), and the page requests its data only after that.
 */
export function loadComponent(file: ModuleImport): PromiseLike<unknown> {
  const known = modules.get(file);
  if (known) return known;
  const loading = loadChunk(file);
  modules.set(file, loading);
  loading.then(keep(file), () => undefined);
  return loading;
}

/** Loads a component that may be shown later. If that fails, it is loaded when it is shown. */
export function prefetchComponent(file: ModuleImport): void {
  file().then(keep(file), () => undefined);
}

function keep(file: ModuleImport) {
  return (loaded: unknown) => {
    modules.set(file, { then: (found) => found?.(loaded) } as PromiseLike<unknown>);
  };
}
