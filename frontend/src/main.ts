import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";

import { reloadWhenStale } from "./lib/stale-build";
import { pageAt } from "./pages";

reloadWhenStale();

// At once: the page comes along with the libraries, and not after them. Where it does not come, the
// router, which asks for it again, is who says so.
pageAt(location.pathname)?.load().catch(() => undefined);
void import("./start");
