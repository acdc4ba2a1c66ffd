import { useEffect } from "react";
import { useLocation } from "wouter";

import { focusMain } from "../lib/focus-main";

/** The page that was shown last, whatever was around it; the browser itself shows the first. */
let shown = location.pathname;

/** As after a full page load: reading starts at the top, for eyes and for screen readers. */
export function useScrollReset(): void {
  const [pathname] = useLocation();

  useEffect(() => {
    if (shown === pathname) return;
    shown = pathname;
    window.scrollTo(0, 0);
    focusMain();
  }, [pathname]);
}
