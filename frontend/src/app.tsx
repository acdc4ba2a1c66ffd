import { lazy, Suspense } from "react";
import { Route, Switch, useLocation } from "wouter";

import { Breakage } from "./components/breakage";
import { Shell } from "./components/shell";
import { Waiting } from "./components/waiting";
import { pageFile, type Loaded } from "./lib/page-files";
import { pages } from "./pages";

const routes = pages.map(({ path, file }) => {
  const page = lazy(() => pageFile(file) as Promise<Loaded>); // of which `then` is all it takes
  return <Route key={path} path={path} component={page} />;
});
// The projector's page has the screen to itself.
const bare = routes.filter(({ key }) => key?.endsWith("/present"));

export function App() {
  const [pathname] = useLocation();
  return (
    <Breakage pathname={pathname}>
      <Suspense fallback={<Waiting />}>
        <Switch>
          {bare}
          <Route>
            <Shell>
              <Switch>{routes}</Switch>
            </Shell>
          </Route>
        </Switch>
      </Suspense>
    </Breakage>
  );
}
