import "./manage.css";

import { useDeferredValue, useEffect } from "react";
import { useParams } from "wouter";

import { useHostViewingKey, usePoll, useResults } from "../api/polls";
import { isKeyRefused, isWrongKey } from "../api/problem";
import { outageOf } from "../api/query";
import { ManagePanel } from "../features/manage/manage-panel";
import { lazyComponent } from "../hooks/lazy-component";
import { useFlashMessage } from "../hooks/use-flash-message";
import { useHash } from "../hooks/use-hash";
import { useOutage } from "../hooks/use-outage";
import { useTitle } from "../hooks/use-title";
import { forget, knownKey } from "../lib/known-polls";
import * as strings from "../strings";
import { Unavailable } from "./unavailable";

/** Milliseconds until the page sees that the poll closed by itself, or from another device. */
const EVERY = 5_000;

// Not for the host, who has the key.
const KeyNeeded = lazyComponent(() => import("../features/manage/key-needed"));

/** Opens nothing, and can be sent: what is no key may be longer than a header, or not of its letters. */
const NO_KEY = "-";

/** The key without what a sentence around the link has added to it. */
function keyIn(link: string): string {
  return /^[\w-]{32}(?![\w-])/.exec(link)?.[0] ?? NO_KEY;
}

/** What the secret link opens: the key comes in the fragment, or from this device's memory. */
export default function ManagePage() {
  const { id } = useParams<{ id: string }>();
  const news = useFlashMessage();
  const hash = useHash();
  const known = knownKey(id);
  const given = hash === "" ? known : hash;
  const key = given && keyIn(given);
  // Not from the results, whose cached copy is a moment behind what was pressed here.
  const poll = usePoll(id, EVERY);
  const proof = useHostViewingKey(id, key);
  const results = useResults(id, true);
  const trouble = useOutage(outageOf(poll) ?? outageOf(results), poll);
  const question = poll.data?.question;
  useTitle(question && `${strings.manage.title}: ${question}`);

  const refused = isKeyRefused(proof.error);
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
    <ManagePanel
      key={key}
      poll={poll.data}
      secret={key}
      ballots={results.data?.ballots}
      trouble={trouble}
      created={news === "created"}
    />
  );
}
