import { useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "../../api/client";
import { keys, type Poll } from "../../api/polls";
import { retryOptions } from "../../api/query";
import type { components } from "../../api/schema";

export type NewPoll = components["schemas"]["NewPoll"];

interface Creation {
  readonly body: NewPoll;
  /** The idempotency key: a repeated request with the same one creates no second poll. */
  readonly token: string;
  /** Cancels the request. */
  readonly signal: AbortSignal;
}

/** Creates a poll, and retries while the server is away. */
export function useCreatePoll() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ body, token, signal }: Creation) =>
      request("post", "/api/polls", { body, headers: { "Idempotency-Key": token }, expect: "manage_key", signal }),
    ...retryOptions(),
    onSuccess: (poll) => {
      client.setQueryData<Poll>(keys.poll(poll.id), poll);
    },
  });
}
