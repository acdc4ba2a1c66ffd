import "./manage.css";

import { useDeferredValue, useEffect } from "react";
import { useParams } from "wouter";

import { isWrongKey, refusesKey, troubleOf, useHostsViewingKey, usePoll, useResults } from "../api/polls";
import { ManagePoll } from "../features/manage/manage-panel";
import { Unavailable } from "./unavailable";
import { forget, knownKey } from "../lib/known-polls";
import { lazily } from "../hooks/lazy-component";
import { useHash } from "../hooks/use-hash";
import { useNews } from "../hooks/use-flash-message";
import { useTitle } from "../hooks/use-title";
import { useTrouble } from "../hooks/use-outage";
import * as strings from "../strings";

/** Milliseconds until the page sees that the poll closed by itself, or from another device. */
const EVERY = 5_000;

// Not for the host, who has the key.
const KeyNeeded = lazily(() => import("../features/manage/key-needed"));

/** Opens nothing, and can be sent: what is no key may be longer than a header, or not of its letters. */
const NO_KEY = "-";

/** The key without what a sentence around the link has added to it. */
function keyIn(link: string): string {
  return /^[\w-]{32}(?![\w-])/.exec(link)?.[0] ?? NO_KEY;
}

/** What the secret link opens: the key comes in the fragment, or from this device's memory. */
export default function ManagePage() {
  const { id } = useParams<{ id: string }>();
  const news = useNews();
  const hash = useHash();
  const known = knownKey(id);
  const given = hash === "" ? known : hash;
  const key = given && keyIn(given);
  // Not from the results, whose cached copy is a moment behind what was pressed here.
  const poll = usePoll(id, EVERY);
  const proof = useHostsViewingKey(id, key);
  const results = useResults(id, true);
  const trouble = useTrouble(troubleOf(poll) ?? troubleOf(results), poll);
  const question = poll.data?.question;
  useTitle(question && `${strings.manage.title}: ${question}`);

  const refused = refusesKey(proof.error);
  const wrong = isWrongKey(proof.error);
  useEffect(() => {
    if (wrong && (given === known || key === known)) forget(id);
  }, [wrong, given, key, known, id]);

  const shown = useDeferredValue(poll.data && proof.data); // in slices: it is much at once
  if (!poll.data || poll.isError) return <Unavailable asked={poll} />;
  if (key === undefined || refused) {
    const pasted = hash !== "";
    return <KeyNeeded id={id} wrong={pasted} known={pasted && known !== undefined && known !== key} />;
  }
  if (!proof.data || !shown) return <Unavailable asked={proof} />;
  return (
    <ManagePoll
      key={key}
      poll={poll.data}
      secret={key}
      ballots={results.data?.ballots}
      trouble={trouble}
      created={news === "created"}
    />
  );
}
