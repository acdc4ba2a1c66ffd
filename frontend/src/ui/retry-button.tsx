import { useQueryClient } from "@tanstack/react-query";

import { isFault } from "../api/problem";
import * as strings from "../strings";

/** Refetches all queries that ended with a fault of the server. */
export function RetryButton({ className = "button" }: { className?: string }) {
  const client = useQueryClient();
  const refetch = () => {
    void client.refetchQueries({ predicate: ({ state }) => isFault(state.error) });
  };
  return (
    <button type="button" className={className} onClick={refetch}>
      {strings.trouble.again}
    </button>
  );
}
