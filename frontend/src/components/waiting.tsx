import * as strings from "../strings";

/**
 * Shown while there is nothing else to show. The words appear only after a moment, so that a page
 * that comes quickly does not flicker.
 * @param away whether the server was asked and did not answer
 */
export function Waiting({ away = false }: { away?: boolean }) {
  return (
    <div className="page waiting" role="status">
      {away ? strings.trouble.away : strings.trouble.loading}
    </div>
  );
}
