import { useMutation, useQueryClient } from "@tanstack/react-query";

import { askForPoll, keys, untilBack, type Poll } from "./polls";
import { worthRetrying } from "./rhythm";

/** Looks for the poll of a code that somebody typed; its page then need not ask again. */
export function useFindPoll() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (code: string) => askForPoll(code),
    ...untilBack(),
    // A few times only: who waits may rather type it anew.
    retry: (failures, error) => failures < 3 && worthRetrying(error, failures),
    onSuccess: (poll) => {
      client.setQueryData<Poll>(keys.poll(poll.id), poll);
    },
  });
}
