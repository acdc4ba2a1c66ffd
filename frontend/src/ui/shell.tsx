import { Suspense, type ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { useScrollReset } from "../hooks/use-scroll-reset";
import { addresses } from "../lib/addresses";
import { appName } from "../lib/environment";
import { focusMain } from "../lib/focus-main";
import * as strings from "../strings";
import { LoadingPage } from "./loading-page";
import { Logo } from "./logo";

/** The frame of a page: the header with the app's name, and the content. */
export function Shell({ children }: { children: ReactNode }) {
  const [pathname] = useLocation();
  const home = pathname === addresses.home;
  useScrollReset();

  return (
    <>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault(); // the fragment is a poll's key
          focusMain();
        }}
      >
        {strings.header.skip}
      </a>
      <header className="masthead">
        <Link className="wordmark" to={addresses.home} aria-label={strings.header.home(appName)}>
          <Logo />
          <span>{appName}</span>
        </Link>
        <Link className="masthead-link" to={home ? addresses.join : addresses.home}>
          {home ? strings.header.join : strings.header.ask}
        </Link>
      </header>
      <main id="main" tabIndex={-1}>
        <Suspense fallback={<LoadingPage />}>{children}</Suspense>
      </main>
    </>
  );
}
