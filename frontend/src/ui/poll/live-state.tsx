import "./live-state.css";

import type { Outage, QueryProgress } from "../../api/query";
import { useOutage } from "../../hooks/use-outage";
import * as strings from "../../strings";

interface LiveStateProps {
  readonly closed: boolean;
  /** Why the numbers may be old; undefined if they are not. */
  readonly outage: Outage | undefined;
  /** The query of the numbers: while it is slow, they are old. */
  readonly query: QueryProgress;
}

/** Shows whether the numbers are up to date. */
export function LiveState({ closed, outage, query }: LiveStateProps) {
  const state = useOutage(outage, query) ?? (closed ? "closed" : "live");
  return (
    <p
      className="live-state"
      data-state={state}
      data-longest={strings.liveState.failing}
      role="status"
    >
      {strings.liveState[state]}
    </p>
  );
}
