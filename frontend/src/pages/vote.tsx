import "./vote.css";

import { Redirect, useParams } from "wouter";

import { isGone, useBallot, usePoll, useResults, type Poll } from "../api/polls";
import { newest } from "../api/retry-policy";
import { BallotForm } from "../features/ballot/ballot-form";
import type { PageProps } from "./page-props";
import { Unavailable } from "./unavailable";
import { addresses } from "../lib/addresses";
import { usePrefetch } from "../hooks/use-prefetch";
import { useTitle } from "../hooks/use-title";

/** The ballot: the page that the shared address opens. */
export default function VotePage({ nextFile }: PageProps) {
  const { id } = useParams<{ id: string }>();
  const poll = usePoll(id);
  const ballot = useBallot(id);
  // The cached results tell every open ballot that the poll was closed, reopened or deleted.
  const results = useResults(id, false);
  useTitle(poll.data?.question);
  usePrefetch(nextFile); // also for whoever has no network by then

  if (!poll.data || poll.isError) return <Unavailable asked={poll} />;
  // As it is typed, capitals and all, it would name another ballot on this device.
  if (poll.data.id !== id) return <Redirect to={addresses.vote(poll.data.id)} replace />;
  if (!ballot.data || ballot.isError) return <Unavailable asked={ballot} />;
  if (isGone(results.error)) return <Unavailable asked={results} />;
  const { closed, closes_at } = newest<Pick<Poll, "closed" | "closes_at">>(poll, results);
  return (
    <BallotForm
      key={poll.data.id}
      poll={{ ...poll.data, closed, closes_at }}
      counted={ballot.data.choices}
    />
  );
}
