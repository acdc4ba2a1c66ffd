import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";

import { Shell } from "./components/shell";
import { Waiting } from "./components/waiting";
import { load } from "./lib/load";
import { VotePage } from "./pages/vote";

// The ballot is what 2,000 phones load at once, so it comes with the first file; the others follow
// where they are wanted.
const CreatePage = lazy(() => load(() => import("./pages/create")));
const ResultsPage = lazy(() => load(() => import("./pages/results")));
const PresentPage = lazy(() => load(() => import("./pages/present")));
const ManagePage = lazy(() => load(() => import("./pages/manage")));
const StatusPage = lazy(() => load(() => import("./pages/status")));
const NotFoundPage = lazy(() => load(() => import("./pages/not-found")));

export function App() {
  return (
    <Switch>
      <Route path="/p/:id/present">
        <Suspense fallback={<Waiting />}>
          <PresentPage />
        </Suspense>
      </Route>
      <Route>
        <Shell>
          <Switch>
            <Route path="/" component={CreatePage} />
            <Route path="/p/:id" component={VotePage} />
            <Route path="/p/:id/results" component={ResultsPage} />
            <Route path="/p/:id/manage" component={ManagePage} />
            <Route path="/status" component={StatusPage} />
            <Route component={NotFoundPage} />
          </Switch>
        </Shell>
      </Route>
    </Switch>
  );
}
