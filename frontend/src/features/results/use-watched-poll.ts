import { usePoll, useResults, useViewingKey } from "../../api/poll/queries";
import { knownKey } from "../../lib/known-polls";

/** A poll and its results, with the viewing key if this device has one. */
export function useWatchedPoll(id: string) {
  const poll = usePoll(id);
  const viewingKey = useViewingKey(poll.data, knownKey(id));
  const results = useResults(id, true, viewingKey);
  return { poll, results, viewingKey };
}
