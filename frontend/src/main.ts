import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";

import { routeAt } from "./routes";

// Vite requests a style sheet only once. One that failed is marked, and loadChunk() requests it again.
function mark(element: unknown) {
  if (element instanceof HTMLLinkElement) element.dataset.failed = "";
}
addEventListener(
  "error",
  ({ target }) => {
    mark(target);
  },
  true,
);
// The first one may have failed before this script ran, which only its missing styles show.
if (!getComputedStyle(document.documentElement).getPropertyValue("--paper")) {
  mark(document.querySelector("link[rel=stylesheet]"));
}

// Poll codes are storage keys of this device, and may have been typed in capitals.
const path = location.pathname.replace(/^\/p\/[^/]+/, (start) => start.toLowerCase());
if (path !== location.pathname) {
  history.replaceState(history.state, "", path + location.search + location.hash);
}

// Loads the page at the same time as the libraries. If that fails, the app requests it again and
// shows the error.
const route = routeAt(path);
route?.file().catch(() => undefined);
import("./start")
  .then(({ start }) => start(route))
  .catch((error: unknown) => {
    dispatchEvent(new Event("missing-chunk")); // see reload-on-missing-chunk.ts
    throw error;
  });
