import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";

import { pageAt } from "./pages";

// Vite would take a style sheet that was asked for in vain for one that is there.
addEventListener("vite:preloadError", () => {
  for (const link of document.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]")) {
    if (!link.sheet) link.remove();
  }
});

// At once: the page comes along with the libraries, and not after them. Where it does not come, the
// router, which asks for it again, is who says so.
pageAt(location.pathname)?.file().catch(() => undefined);
void import("./start");
