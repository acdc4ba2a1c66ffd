import { useEffect } from "react";
import { useLocation } from "wouter";

import { focusMain } from "../lib/focus-main";

/** The path shown last. For the first one, the browser does the same itself. */
let shown = location.pathname;

/** Scrolls to the top and focuses the content when the page changes, as a full page load does. */
export function useScrollReset(): void {
  const [pathname] = useLocation();

  useEffect(() => {
    if (shown === pathname) return;
    shown = pathname;
    window.scrollTo(0, 0);
    focusMain();
  }, [pathname]);
}
