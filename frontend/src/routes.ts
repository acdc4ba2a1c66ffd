/**
 * The pages by path, each in a chunk of its own. This file imports no library, since main.ts loads the
 * page's chunk at the same time as the libraries.
 */
import type { ComponentType } from "react";

import type { PageProps } from "./pages/page-props";

interface Module {
  readonly default: ComponentType<PageProps>;
}

export interface PageRoute {
  readonly path: string;
  readonly file: () => Promise<Module>;
  /** The page that usually comes next. */
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

/** The route of a path, matched as the router does. */
export function routeAt(pathname: string): PageRoute | undefined {
  return routes.find(({ path }) => {
    const pattern = path.replace("*", ".*").replace(":id", "[^/]+");
    return new RegExp(`^${pattern}/?$`, "i").test(pathname);
  });
}
