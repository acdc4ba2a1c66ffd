import { useQueryClient } from "@tanstack/react-query";

import { isFault } from "../api/problem";
import * as strings from "../strings";

/** Asks again for all that the server failed at, time and again. */
export function RetryButton({ className = "button" }: { className?: string }) {
  const client = useQueryClient();
  const askAgain = () => {
    void client.refetchQueries({ predicate: ({ state }) => isFault(state.error) });
  };
  return (
    <button type="button" className={className} onClick={askAgain}>
      {strings.trouble.again}
    </button>
  );
}
