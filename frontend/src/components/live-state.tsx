import "./live-state.css";

import { strings } from "../strings";

interface LiveStateProps {
  readonly closed: boolean;
  /** Whether the last try to reach the server failed, so that the numbers may be old. */
  readonly reconnecting: boolean;
}

/** Says whether the numbers still move. */
export function LiveState({ closed, reconnecting }: LiveStateProps) {
  const state = reconnecting ? "reconnecting" : closed ? "closed" : "live";
  return (
    <p className="live-state" data-state={state} role="status">
      {strings.results[state]}
    </p>
  );
}
