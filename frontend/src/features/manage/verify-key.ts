import { useMutation, useQueryClient } from "@tanstack/react-query";

import { askForViewingKey, keys, untilBack } from "../../api/polls";

interface Proof {
  readonly id: string;
  readonly key: string;
}

/** Shows the server a manage key that somebody pasted; the poll's page then need not ask again. */
export function useProveKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, key }: Proof) => askForViewingKey(id, key),
    ...untilBack(),
    onSuccess: (proof, { id, key }) => {
      client.setQueryData(keys.viewingKey(id, key), proof);
    },
  });
}
