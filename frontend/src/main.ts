import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";

import { routeAt } from "./routes";

// Vite asks for a style sheet once: one that did not come is marked, so that load() asks again.
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
// The first may have failed before this, and its element does not tell; the look of the page does.
if (!getComputedStyle(document.documentElement).getPropertyValue("--paper")) {
  mark(document.querySelector("link[rel=stylesheet]"));
}

// As it may have been typed, a poll's code in capitals would be another poll on this device.
const path = location.pathname.replace(/^\/p\/[^/]+/, (start) => start.toLowerCase());
if (path !== location.pathname) {
  history.replaceState(history.state, "", path + location.search + location.hash);
}

// At once: the page comes along with the libraries, and not after them. Where it does not come, the
// app, which asks for it again, is who says so.
const route = routeAt(path);
route?.file().catch(() => undefined);
import("./start")
  .then(({ start }) => start(route))
  .catch((error: unknown) => {
    dispatchEvent(new Event("stranded")); // heard by rescue.ts
    throw error;
  });
