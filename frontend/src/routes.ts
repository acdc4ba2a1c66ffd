/**
 * The pages by their paths, each in a file of its own. Nothing here imports a library: main.ts asks
 * for the page that was opened before it loads one.
 */
import type { ComponentType } from "react";

import type { PageProps } from "./pages/page-props";

interface Module {
  readonly default: ComponentType<PageProps>;
}

export interface PageRoute {
  readonly path: string;
  readonly file: () => Promise<Module>;
  /** The file of the page that usually comes after this one. */
  readonly nextFile?: () => Promise<Module>;
}

const results = () => import("./pages/results");
const manage = () => import("./pages/manage");

export const routes: readonly PageRoute[] = [
  { path: "/", file: () => import("./pages/create"), nextFile: manage },
  { path: "/join", file: () => import("./pages/join") },
  { path: "/p/:id", file: () => import("./pages/vote"), nextFile: results },
  { path: "/p/:id/results", file: results },
  { path: "/p/:id/present", file: () => import("./pages/present") },
  { path: "/p/:id/manage", file: manage },
  { path: "/status", file: () => import("./pages/status") },
  { path: "*", file: () => import("./pages/not-found") },
];

/** The route of a path, as the router matches it. */
export function routeAt(pathname: string): PageRoute | undefined {
  return routes.find(({ path }) => {
    const pattern = path.replace("*", ".*").replace(":id", "[^/]+");
    return new RegExp(`^${pattern}/?$`, "i").test(pathname);
  });
}
