import { type ComponentType, lazy, Suspense, useState } from "react";
import { Route, Switch, useLocation } from "wouter";

import { Breakage } from "./components/breakage";
import { Shell } from "./components/shell";
import { Waiting } from "./components/waiting";
import { load } from "./lib/load";
import { pages } from "./pages";

/** What is in a page's file. */
export interface Loaded {
  default: ComponentType;
}

/** The page that was opened: its file, and what is in it where that is there already. */
export interface Opened {
  readonly path: string;
  readonly file: Promise<Loaded>;
  readonly page: ComponentType | undefined;
}

const routesOf = (opened?: Opened) =>
  pages.map(({ path, file }) => {
    const first = path === opened?.path ? opened : undefined;
    const page = first?.page ?? lazy(() => first?.file ?? load<Loaded>(file));
    return <Route key={path} path={path} component={page} />;
  });

export function App({ opened }: { readonly opened: Opened | undefined }) {
  const [pathname] = useLocation();
  const [routes] = useState(() => routesOf(opened));
  // The projector's page has the screen to itself.
  const bare = routes.filter(({ key }) => key?.endsWith("/present"));
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
