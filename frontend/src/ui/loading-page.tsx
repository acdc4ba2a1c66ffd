import { LONG_LOOK } from "../api/retry-policy";
import { useLasting } from "../hooks/use-stable-for";
import { useOnline } from "../hooks/use-online";
import * as strings from "../strings";
import { Notice } from "./notice";

/**
 * Shown while there is nothing else to show. The words appear only after a moment, so that a page
 * that comes quickly does not flicker.
 */
export function Waiting() {
  const offline = !useOnline();
  const long = useLasting(true, LONG_LOOK);
  const { awayTitle, awayBody, slow, loading } = strings.trouble;
  if (offline) return <Notice title={awayTitle} body={awayBody} />;
  return (
    <div className="page waiting" role="status">
      {long ? slow : loading}
    </div>
  );
}
