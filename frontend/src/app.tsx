import { lazy } from "react";
import { Route, Routes } from "react-router";

import { Shell } from "./components/shell";
import { VotePage } from "./pages/vote";

// The ballot is what 2,000 phones load at once, so it comes with the first file; the others follow
// where they are wanted.
const CreatePage = lazy(() => import("./pages/create"));
const ResultsPage = lazy(() => import("./pages/results"));
const ManagePage = lazy(() => import("./pages/manage"));
const StatusPage = lazy(() => import("./pages/status"));
const NotFoundPage = lazy(() => import("./pages/not-found"));

export function App() {
  return (
    <Routes>
      <Route element={<Shell />}>
        <Route index element={<CreatePage />} />
        <Route path="p/:id" element={<VotePage />} />
        <Route path="p/:id/results" element={<ResultsPage />} />
        <Route path="p/:id/manage" element={<ManagePage />} />
        <Route path="status" element={<StatusPage />} />
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  );
}
