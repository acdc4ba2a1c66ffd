import { useMutation, useQueryClient } from "@tanstack/react-query";

import { fetchPoll, keys, type Poll } from "../../api/polls";
import { retryOptions } from "../../api/query";

/** Looks for the poll of a code that somebody typed; its page then need not ask again. */
export function useFindPoll() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (code: string) => fetchPoll(code),
    ...retryOptions(),
    onSuccess: (poll) => {
      client.setQueryData<Poll>(keys.poll(poll.id), poll);
    },
  });
}
