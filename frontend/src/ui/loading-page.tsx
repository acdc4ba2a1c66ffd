import { SLOW_QUERY } from "../api/refetch-interval";
import { useOnline } from "../hooks/use-online";
import { useStableFor } from "../hooks/use-stable-for";
import * as strings from "../strings";
import { Notice } from "./notice";

/**
 * Shown while a page loads. The text appears only after a moment, so that a page that loads fast
 * does not flicker.
 */
export function LoadingPage() {
  const offline = !useOnline();
  const long = useStableFor(true, SLOW_QUERY);
  const { awayTitle, awayBody, slow, loading } = strings.trouble;
  if (offline) return <Notice title={awayTitle} body={awayBody} />;
  return (
    <div className="page waiting" role="status">
      {long ? slow : loading}
    </div>
  );
}
