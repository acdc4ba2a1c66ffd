import "./manage.css";

import { useEffect } from "react";
import { useParams } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";

import { usePoll, useResults } from "../api/polls";
import { KeyMissing } from "../components/key-missing";
import { ManagePoll } from "../components/manage-poll";
import { Unavailable } from "../components/unavailable";
import { knownKey, remember } from "../lib/known-polls";
import { useHash } from "../lib/use-hash";
import { useTitle } from "../lib/use-title";
import { strings } from "../strings";

/** Milliseconds until the page sees that the poll closed by itself, or from another device. */
const EVERY = 5_000;

/** What the secret link opens: the key comes in the fragment, or from this device's memory. */
export default function ManagePage() {
  const { id } = useParams<{ id: string }>();
  const state = useHistoryState<{ created?: boolean } | null>();
  const hash = useHash();
  // Not from the results, whose cached copy is a moment behind what was pressed here.
  const poll = usePoll(id, EVERY);
  const results = useResults(id, true);
  const key = hash === "" ? knownKey(id) : hash;
  const question = poll.data?.question;
  useTitle(question && `${strings.manage.title}: ${question}`);

  useEffect(() => {
    // A mangled link must not drive out the key that this device already holds.
    if (key === undefined || question === undefined || knownKey(id) !== undefined) return;
    remember({ id, key, question });
  }, [id, key, question]);

  if (!poll.data || poll.isError) return <Unavailable asked={poll} />;
  if (key === undefined) return <KeyMissing id={id} />;
  return (
    <ManagePoll
      poll={poll.data}
      secret={key}
      ballots={results.data?.ballots}
      created={state?.created ?? false}
    />
  );
}
