/**
 * The pages by their addresses, each in a file of its own. None of these imports a library: main.tsx
 * asks for the page that was opened before there is any.
 */
export const pages = [
  { path: "/", load: () => import("./pages/create") },
  { path: "/p/:id", load: () => import("./pages/vote") },
  { path: "/p/:id/results", load: () => import("./pages/results") },
  { path: "/p/:id/present", load: () => import("./pages/present") },
  { path: "/p/:id/manage", load: () => import("./pages/manage") },
  { path: "/status", load: () => import("./pages/status") },
  { path: "*", load: () => import("./pages/not-found") },
] as const;

/** The page at an address, as the router will have it. */
export function pageAt(pathname: string): (typeof pages)[number] | undefined {
  return pages.find(({ path }) => {
    const pattern = path.replace("*", ".*").replace(":id", "[^/]+");
    return new RegExp(`^${pattern}/?$`, "i").test(pathname);
  });
}
