import { Suspense } from "react";
import { Route, Switch, useLocation } from "wouter";

import { Breakage } from "./ui/error-boundary";
import { Notice } from "./ui/notice";
import { ReloadButton } from "./ui/reload-button";
import { Shell } from "./ui/shell";
import { Waiting } from "./ui/loading-page";
import { lazily } from "./hooks/lazy-component";
import { routes } from "./routes";
import * as strings from "./strings";

const elements = routes.map(({ path, file, nextFile }) => {
  const Page = lazily(file);
  return (
    <Route key={path} path={path}>
      {/* Nothing of one poll is kept for another. */}
      {({ id }: { id?: string }) => <Page key={id} nextFile={nextFile} />}
    </Route>
  );
});
// The projector's page has the screen to itself.
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
    <Breakage at={pathname} instead={broken}>
      <Suspense fallback={<Waiting />}>
        <Switch>
          {bare}
          <Route>
            <Shell>
              <Switch>{elements}</Switch>
            </Shell>
          </Route>
        </Switch>
      </Suspense>
    </Breakage>
  );
}
