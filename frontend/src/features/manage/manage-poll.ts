import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { bearer, fillIn, request, send, TIMEOUT } from "../../api/client";
import { keys, POLL, type Poll } from "../../api/polls";
import { isGone, NO_ANSWER, Problem } from "../../api/problem";
import { retryOptions } from "../../api/query";
import type { components } from "../../api/schema";

export type PollPatch = components["schemas"]["PollPatch"];

const BALLOTS_CSV = "/api/polls/{poll_id}/ballots.csv";

/** Closes or reopens a poll, or sets when it closes by itself, however long the server is away. */
export function useChangePoll({ id, closed }: Poll, key: string) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (body: PollPatch) =>
      request("patch", POLL, { params: { poll_id: id }, headers: bearer(key), body, expect: "options" }),
    ...retryOptions(),
    onSuccess: async (poll) => {
      // A look that is under way may bring what was before.
      await client.cancelQueries({ queryKey: keys.poll(id) });
      client.setQueryData(keys.poll(id), poll);
      void client.invalidateQueries({ queryKey: keys.results(id) });
    },
  });
  const { isError, reset } = change;
  useEffect(() => {
    if (isError) reset();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- when it is closed or opened by then
  }, [closed]);
  return change;
}

/**
 * Deletes a poll and all its ballots, however long the server is away, unless the signal that is
 * given has called that off.
 * @param onDeleted called also where the page that deletes is no more
 */
export function useDeletePoll(id: string, key: string, onDeleted: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (signal: AbortSignal) => {
      try {
        await request("delete", POLL, { params: { poll_id: id }, headers: bearer(key), signal });
      } catch (error) {
        if (!isGone(error as Error)) throw error; // deleted by a try whose answer was lost
      }
    },
    ...retryOptions(),
    onSuccess: () => {
      onDeleted();
      // Now that the page that deletes is left; it would ask for what is gone.
      for (const queryKey of [keys.poll(id), keys.results(id), keys.ballot(id)]) {
        client.removeQueries({ queryKey });
      }
    },
  });
}

/** Fetches every ballot as CSV. Fetched rather than linked to, since the key goes in a header. */
export function useBallotsCsv(id: string, key: string) {
  return useMutation({
    mutationFn: async () => {
      // No limit but on its beginning: the file is streamed and may be long.
      const late = new AbortController();
      const timer = setTimeout(() => { late.abort(new DOMException("", "TimeoutError")); }, TIMEOUT);
      const url = fillIn(BALLOTS_CSV, { poll_id: id });
      const response = await send(url, { headers: bearer(key), signal: late.signal });
      clearTimeout(timer);
      const file = await response.blob();
      // Else it is a hotel's login page.
      if (!file.type.startsWith("text/csv")) throw new Problem(NO_ANSWER, "about:blank", file.type);
      return file;
    },
    ...retryOptions(),
  });
}
