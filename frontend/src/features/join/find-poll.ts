import { useMutation, useQueryClient } from "@tanstack/react-query";

import { fetchPoll, keys, type Poll } from "../../api/polls";
import { retryOptions } from "../../api/query";

/** Finds the poll of a typed code. The answer is cached for the poll's page. */
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
