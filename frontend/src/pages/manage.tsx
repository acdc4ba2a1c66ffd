import "./manage.css";

import { useDeferredValue, useEffect } from "react";
import { useParams } from "wouter";

import { useHostViewingKey, usePoll, useResults } from "../api/poll/queries";
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

/** In milliseconds. Refetch, because the poll may close by itself or on another device. */
const REFETCH_INTERVAL = 5_000;

// Not needed with a valid key.
const KeyNeeded = lazyComponent(() => import("../features/manage/key-needed"));

/** An invalid key that can be sent in a header, unlike other text in its place. */
const INVALID_KEY = "-";

/** The key without the rest of a sentence that was copied with the link. */
function keyIn(link: string): string {
  return /^[\w-]{32}(?![\w-])/.exec(link)?.[0] ?? INVALID_KEY;
}

/** The host's page. The key is in the URL's fragment, or stored on this device. */
export default function ManagePage() {
  const { id } = useParams<{ id: string }>();
  const message = useFlashMessage();
  const hash = useHash();
  const known = knownKey(id);
  const given = hash === "" ? known : hash;
  const key = given && keyIn(given);
  // Not from the results, whose cached copy may be older than an action on this page.
  const poll = usePoll(id, REFETCH_INTERVAL);
  const proof = useHostViewingKey(id, key);
  const results = useResults(id, true);
  const outage = useOutage(outageOf(poll) ?? outageOf(results), poll);
  const question = poll.data?.question;
  useTitle(question && `${strings.manage.title}: ${question}`);

  const refused = isKeyRefused(proof.error);
  const wrong = isWrongKey(proof.error);
  useEffect(() => {
    if (wrong && (given === known || key === known)) forget(id);
  }, [wrong, given, key, known, id]);

  const shown = useDeferredValue(poll.data && proof.data); // rendered in slices, since it is a large page
  if (!poll.data || poll.isError) return <Unavailable query={poll} />;
  if (key === undefined || refused) {
    const pasted = hash !== "";
    return <KeyNeeded id={id} wrong={pasted} known={pasted && known !== undefined && known !== key} />;
  }
  if (!proof.data || !shown) return <Unavailable query={proof} />;
  return (
    <ManagePanel
      key={key}
      poll={poll.data}
      secret={key}
      ballots={results.data?.ballots}
      outage={outage}
      created={message === "created"}
    />
  );
}
