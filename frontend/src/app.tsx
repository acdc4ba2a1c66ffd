import { Suspense } from "react";
import { Route, Switch, useLocation } from "wouter";

import { lazyComponent } from "./hooks/lazy-component";
import { routes } from "./routes";
import * as strings from "./strings";
import { ErrorBoundary } from "./ui/error-boundary";
import { LoadingPage } from "./ui/loading-page";
import { Notice } from "./ui/notice";
import { ReloadButton } from "./ui/reload-button";
import { Shell } from "./ui/shell";

const elements = routes.map(({ path, file, nextFile }) => {
  const Page = lazyComponent(file);
  return (
    <Route key={path} path={path}>
      {/* The key resets the page's state for another poll. */}
      {({ id }: { id?: string }) => <Page key={id} nextFile={nextFile} />}
    </Route>
  );
});
// The projector's page has no header.
const bare = elements.filter(({ key }) => key?.endsWith("/present"));

const broken = (
  <Shell>
    <Notice title={strings.trouble.brokenTitle} body={strings.trouble.brokenBody}>
      <ReloadButton />
    </Notice>
  </Shell>
);

export function App() {
  const [pathname] = useLocation();
  return (
    <ErrorBoundary resetKey={pathname} fallback={broken}>
      <Suspense fallback={<LoadingPage />}>
        <Switch>
          {bare}
          <Route>
            <Shell>
              <Switch>{elements}</Switch>
            </Shell>
          </Route>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}
