import { useMutation, useQueryClient } from "@tanstack/react-query";

import { askForPoll, keys, untilBack, type Poll } from "../../api/polls";

/** Looks for the poll of a code that somebody typed; its page then need not ask again. */
export function useFindPoll() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (code: string) => askForPoll(code),
    ...untilBack(),
    onSuccess: (poll) => {
      client.setQueryData<Poll>(keys.poll(poll.id), poll);
    },
  });
}
