import * as strings from "../strings";

/**
 * Shown while there is nothing else to show. The words appear only after a moment, so that a page
 * that comes quickly does not flicker.
 */
export function Waiting() {
  return (
    <div className="page waiting" role="status">
      {strings.trouble.loading}
    </div>
  );
}
