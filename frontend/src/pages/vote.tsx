import "./vote.css";

import { useParams } from "wouter";

import { isGone, useBallot, usePoll, useResults } from "../api/polls";
import { isClosed } from "../api/rhythm";
import { BallotForm } from "../components/ballot-form";
import { Unavailable } from "../components/unavailable";
import { useTitle } from "../lib/use-title";

/** The ballot: the page that the shared address opens. */
export function VotePage() {
  const { id } = useParams<{ id: string }>();
  const poll = usePoll(id);
  const ballot = useBallot(id);
  // The cached results tell every open ballot that the poll was closed, reopened or deleted.
  const results = useResults(id, false);
  useTitle(poll.data?.question);

  if (!poll.data || poll.isError) return <Unavailable asked={poll} />;
  if (!ballot.data || ballot.isError) return <Unavailable asked={ballot} />;
  if (isGone(results.error)) return <Unavailable asked={results} />;
  return (
    <BallotForm
      key={poll.data.id}
      poll={poll.data}
      closed={isClosed(poll, results)}
      counted={ballot.data.choices}
    />
  );
}
