import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { bearer, fillIn, request, send, TIMEOUT } from "../../api/client";
import { keys, POLL, type Poll } from "../../api/polls";
import { isGone, NO_ANSWER, Problem } from "../../api/problem";
import { retryOptions } from "../../api/query";
import type { components } from "../../api/schema";

export type PollPatch = components["schemas"]["PollPatch"];

const BALLOTS_CSV = "/api/polls/{poll_id}/ballots.csv";

/** Closes or reopens a poll, or sets its closing time; retries while the server is away. */
export function useChangePoll({ id, closed }: Poll, key: string) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (body: PollPatch) =>
      request("patch", POLL, { params: { poll_id: id }, headers: bearer(key), body, expect: "options" }),
    ...retryOptions(),
    onSuccess: async (poll) => {
      // A query in flight may return the state before the change.
      await client.cancelQueries({ queryKey: keys.poll(id) });
      client.setQueryData(keys.poll(id), poll);
      void client.invalidateQueries({ queryKey: keys.results(id) });
    },
  });
  const { isError, reset } = change;
  useEffect(() => {
    if (isError) reset();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- runs when the poll is closed or opened
  }, [closed]);
  return change;
}

/**
 * Deletes a poll and its ballots; retries while the server is away, until the signal aborts it.
 * @param onDeleted called also after the user has left the page
 */
export function useDeletePoll(id: string, key: string, onDeleted: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (signal: AbortSignal) => {
      try {
        await request("delete", POLL, { params: { poll_id: id }, headers: bearer(key), signal });
      } catch (error) {
        if (!isGone(error as Error)) throw error; // deleted by an attempt whose answer was lost
      }
    },
    ...retryOptions(),
    onSuccess: () => {
      onDeleted();
      // After the page is left, which would fetch the deleted poll again.
      for (const queryKey of [keys.poll(id), keys.results(id), keys.ballot(id)]) {
        client.removeQueries({ queryKey });
      }
    },
  });
}

/** Fetches all ballots as CSV. A link would not do, since the key is sent in a header. */
export function useBallotsCsv(id: string, key: string) {
  return useMutation({
    mutationFn: async () => {
      // The timeout applies to the headers only: the file is streamed and may be long.
      const timeout = new AbortController();
      const timer = setTimeout(() => { timeout.abort(new DOMException("", "TimeoutError")); }, TIMEOUT);
      const url = fillIn(BALLOTS_CSV, { poll_id: id });
      const response = await send(url, { headers: bearer(key), signal: timeout.signal });
      clearTimeout(timer);
      const file = await response.blob();
      // Otherwise it is the login page of a captive portal.
      if (!file.type.startsWith("text/csv")) throw new Problem(NO_ANSWER, "about:blank", file.type);
      return file;
    },
    ...retryOptions(),
  });
}
