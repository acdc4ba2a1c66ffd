import { LONG_LOOK } from "../api/rhythm";
import { useLasting } from "../lib/use-lasting";
import { useOnline } from "../lib/use-online";
import * as strings from "../strings";

/**
 * Shown while there is nothing else to show. The words appear only after a moment, so that a page
 * that comes quickly does not flicker.
 * @param away whether the server was asked and did not answer
 */
export function Waiting({ away = false }: { away?: boolean }) {
  const offline = !useOnline();
  const long = useLasting(true, LONG_LOOK);
  const { away: unanswered, slow, loading } = strings.trouble;
  return (
    <div className="page waiting" role="status">
      {away || offline ? unanswered : long ? slow : loading}
    </div>
  );
}
