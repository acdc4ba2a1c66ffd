import "./live-state.css";

import type { Reaching } from "../api/polls";
import { LONG_LOOK } from "../api/rhythm";
import { useLasting } from "../lib/use-lasting";
import { useOnline } from "../lib/use-online";
import { strings } from "../strings";

interface LiveStateProps {
  readonly closed: boolean;
  /** Whether the last try to reach the server failed, so that the numbers may be old. */
  readonly reconnecting: boolean;
  /** What the numbers come from: a look that takes long has brought nothing new for as long. */
  readonly asked: Reaching;
}

/** Says whether the numbers still move. */
export function LiveState({ closed, reconnecting, asked }: LiveStateProps) {
  const online = useOnline();
  const silent = useLasting(asked.fetchStatus === "fetching", LONG_LOOK);
  const state = reconnecting || silent || !online ? "reconnecting" : closed ? "closed" : "live";
  return (
    <p className="live-state" data-state={state} role="status">
      {strings.results[state]}
    </p>
  );
}
