import "./live-state.css";

import type { Outage, QueryProgress } from "../../api/query";
import { useOutage } from "../../hooks/use-outage";
import * as strings from "../../strings";

interface LiveStateProps {
  readonly closed: boolean;
  /** Why the numbers may be old, if they may. */
  readonly trouble: Outage | undefined;
  /** What the numbers come from: a look that takes long has brought nothing new for as long. */
  readonly asked: QueryProgress;
}

/** Says whether the numbers still move. */
export function LiveState({ closed, trouble, asked }: LiveStateProps) {
  const state = useOutage(trouble, asked) ?? (closed ? "closed" : "live");
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
