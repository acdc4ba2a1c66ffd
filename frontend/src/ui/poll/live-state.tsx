import "./live-state.css";

import type { Reaching, Trouble } from "../../api/polls";
import { useTrouble } from "../../hooks/use-outage";
import * as strings from "../../strings";

interface LiveStateProps {
  readonly closed: boolean;
  /** Why the numbers may be old, if they may. */
  readonly trouble: Trouble | undefined;
  /** What the numbers come from: a look that takes long has brought nothing new for as long. */
  readonly asked: Reaching;
}

/** Says whether the numbers still move. */
export function LiveState({ closed, trouble, asked }: LiveStateProps) {
  const state = useTrouble(trouble, asked) ?? (closed ? "closed" : "live");
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
