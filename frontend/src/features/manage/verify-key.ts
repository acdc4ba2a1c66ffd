import { useMutation, useQueryClient } from "@tanstack/react-query";

import { fetchViewingKey } from "../../api/poll/queries";
import { keys } from "../../api/polls";
import { retryOptions } from "../../api/query";

interface KeyToVerify {
  readonly id: string;
  readonly key: string;
}

/** Verifies a pasted manage key. The answer is cached for the manage page. */
export function useVerifyKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, key }: KeyToVerify) => fetchViewingKey(id, key),
    ...retryOptions(),
    onSuccess: (proof, { id, key }) => {
      client.setQueryData(keys.viewingKey(id, key), proof);
    },
  });
}
