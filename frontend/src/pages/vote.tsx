import "./vote.css";

import { Redirect, useParams } from "wouter";

import { useBallot, usePoll, useResults } from "../api/poll/queries";
import type { Poll } from "../api/polls";
import { isGone } from "../api/problem";
import { newerState } from "../api/refetch-interval";
import { BallotForm } from "../features/ballot/ballot-form";
import { usePrefetch } from "../hooks/use-prefetch";
import { useTitle } from "../hooks/use-title";
import { addresses } from "../lib/addresses";
import type { PageProps } from "./page-props";
import { Unavailable } from "./unavailable";

/** The ballot, which the shared URL opens. */
export default function VotePage({ nextFile }: PageProps) {
  const { id } = useParams<{ id: string }>();
  const poll = usePoll(id);
  const ballot = useBallot(id);
  // The cached results show when the poll is closed, reopened or deleted.
  const results = useResults(id, false);
  useTitle(poll.data?.question);
  usePrefetch(nextFile); // so that it can be shown without a network

  if (!poll.data || poll.isError) return <Unavailable query={poll} />;
  // The id is a storage key of this device, so its spelling must be the server's.
  if (poll.data.id !== id) return <Redirect to={addresses.vote(poll.data.id)} replace />;
  if (!ballot.data || ballot.isError) return <Unavailable query={ballot} />;
  if (isGone(results.error)) return <Unavailable query={results} />;
  const { closed, closes_at } = newerState<Pick<Poll, "closed" | "closes_at">>(poll, results);
  return (
    <BallotForm
      key={poll.data.id}
      poll={{ ...poll.data, closed, closes_at }}
      counted={ballot.data.choices}
    />
  );
}
