/**
 * The pages by their addresses, each in a file of its own. None of these imports a library: main.ts
 * asks for the page that was opened before there is any.
 */
export const resultsPage = () => import("./pages/results");
export const managePage = () => import("./pages/manage");

export const pages = [
  { path: "/", file: () => import("./pages/create") },
  { path: "/join", file: () => import("./pages/join") },
  { path: "/p/:id", file: () => import("./pages/vote") },
  { path: "/p/:id/results", file: resultsPage },
  { path: "/p/:id/present", file: () => import("./pages/present") },
  { path: "/p/:id/manage", file: managePage },
  { path: "/status", file: () => import("./pages/status") },
  { path: "*", file: () => import("./pages/not-found") },
] as const;

export type Page = (typeof pages)[number];

/** The page at an address, as the router will have it. */
export function pageAt(pathname: string): Page | undefined {
  return pages.find(({ path }) => {
    const pattern = path.replace("*", ".*").replace(":id", "[^/]+");
    return new RegExp(`^${pattern}/?$`, "i").test(pathname);
  });
}
