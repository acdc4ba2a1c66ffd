import { lazy } from "react";

import { isAway, isMissing, type Reaching } from "../api/polls";
import { strings } from "../strings";
import { Waiting } from "./waiting";

// Not with the first file, which every ballot loads.
const NotFound = lazy(() => import("./not-found"));

interface Asked extends Reaching {
  readonly error: Error | null;
}

/** Stands in for a poll's page while the poll cannot be shown, and says why. */
export function Unavailable({ asked }: { asked: Asked }) {
  if (isMissing(asked.error)) return <NotFound body={strings.notFound.poll} />;
  if (asked.error !== null) return <div className="page waiting">{strings.trouble.unexpected}</div>;
  return <Waiting away={isAway(asked)} />;
}
