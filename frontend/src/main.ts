import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";

import { pageAt } from "./pages";

// Vite asks for a style sheet once: one that did not come is marked, so that load() asks again.
function mark({ target }: Event) {
  if (target instanceof HTMLLinkElement) target.dataset.failed = "";
}
addEventListener("error", mark, true);

// At once: the page comes along with the libraries, and not after them. Where it does not come, the
// router, which asks for it again, is who says so.
pageAt(location.pathname)?.file().catch(() => undefined);
void import("./start");
