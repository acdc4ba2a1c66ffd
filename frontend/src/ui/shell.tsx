import { Suspense, type ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { appName } from "../lib/environment";
import { addresses } from "../lib/addresses";
import { focusMain } from "../lib/focus-main";
import { useArrival } from "../hooks/use-scroll-reset";
import * as strings from "../strings";
import { Gate } from "./logo";
import { Waiting } from "./loading-page";

/** What every page has around it: the name at the top, and one place where the content goes. */
export function Shell({ children }: { children: ReactNode }) {
  const [pathname] = useLocation();
  const home = pathname === addresses.home;
  useArrival();

  return (
    <>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault(); // what follows the # is a poll's key
          focusMain();
        }}
      >
        {strings.header.skip}
      </a>
      <header className="masthead">
        <Link className="wordmark" to={addresses.home} aria-label={strings.header.home(appName)}>
          <Gate />
          <span>{appName}</span>
        </Link>
        <Link className="masthead-link" to={home ? addresses.join : addresses.home}>
          {home ? strings.header.join : strings.header.ask}
        </Link>
      </header>
      <main id="main" tabIndex={-1}>
        <Suspense fallback={<Waiting />}>{children}</Suspense>
      </main>
    </>
  );
}
