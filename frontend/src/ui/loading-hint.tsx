import { SLOW_QUERY } from "../api/refetch-interval";
import { useOnline } from "../hooks/use-online";
import { useStableFor } from "../hooks/use-stable-for";
import * as strings from "../strings";

/** Shown in place of a part of a page while it loads. It is empty at first, for a fast load. */
export function LoadingHint() {
  const offline = !useOnline();
  const long = useStableFor(true, SLOW_QUERY);
  const { away, slow, loading } = strings.trouble;
  return (
    <p className="hint loading-hint" role="status">
      {offline ? away : long ? slow : loading}
    </p>
  );
}
