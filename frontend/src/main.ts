import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";

import { pageAt } from "./pages";

// Vite asks for a style sheet once: one that did not come is marked, so that load() asks again.
addEventListener(
  "error",
  ({ target }) => {
    if (target instanceof HTMLLinkElement) target.dataset.failed = "";
  },
  true,
);
// The first may have failed before this, and its element does not tell; the look of the page does.
const first = document.querySelector<HTMLLinkElement>("link[rel=stylesheet]");
const styled = getComputedStyle(document.documentElement).getPropertyValue("--paper") !== "";
if (first !== null && !styled) first.dataset.failed = "";

// At once: the page comes along with the libraries, and not after them. Where it does not come, the
// router, which asks for it again, is who says so.
pageAt(location.pathname)?.file().catch(() => undefined);
import("./start").catch((error: unknown) => {
  dispatchEvent(new Event("stranded")); // heard by rescue.js
  throw error;
});
