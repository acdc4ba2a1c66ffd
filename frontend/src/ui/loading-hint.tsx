import { LONG_LOOK } from "../api/retry-policy";
import { useLasting } from "../hooks/use-stable-for";
import { useOnline } from "../hooks/use-online";
import * as strings from "../strings";

/** In the place of a part of a page while it comes; says nothing of one that comes at once. */
export function Expected() {
  const offline = !useOnline();
  const long = useLasting(true, LONG_LOOK);
  const { away, slow, loading } = strings.trouble;
  return (
    <p className="hint expected" role="status">
      {offline ? away : long ? slow : loading}
    </p>
  );
}
