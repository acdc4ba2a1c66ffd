import { SLOW_QUERY } from "../api/refetch-interval";
import { useOnline } from "../hooks/use-online";
import { useStableFor } from "../hooks/use-stable-for";
import * as strings from "../strings";

/** In the place of a part of a page while it comes; says nothing of one that comes at once. */
export function LoadingHint() {
  const offline = !useOnline();
  const long = useStableFor(true, SLOW_QUERY);
  const { away, slow, loading } = strings.trouble;
  return (
    <p className="hint expected" role="status">
      {offline ? away : long ? slow : loading}
    </p>
  );
}
