import "./live-state.css";

import type { Reaching } from "../api/polls";
import { useSilence } from "../lib/use-silence";
import * as strings from "../strings";

interface LiveStateProps {
  readonly closed: boolean;
  /** Whether the last try to reach the server failed, so that the numbers may be old. */
  readonly reconnecting: boolean;
  /** What the numbers come from: a look that takes long has brought nothing new for as long. */
  readonly asked: Reaching;
}

/** Says whether the numbers still move. */
export function LiveState({ closed, reconnecting, asked }: LiveStateProps) {
  const silent = useSilence(asked);
  const state = reconnecting || silent ? "reconnecting" : closed ? "closed" : "live";
  return (
    <p className="live-state" data-state={state} role="status">
      {strings.results[state]}
    </p>
  );
}
