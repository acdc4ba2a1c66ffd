import "./results.css";
import "./present.css";

import type { ReactNode } from "react";
import { Link, useParams } from "wouter";

import { usePoll, useResults, type Poll } from "../api/polls";
import { Address } from "../components/address";
import { Count } from "../components/count";
import { FullScreenButton } from "../components/full-screen-button";
import { LargeCode } from "../components/large-code";
import { ManageLink } from "../components/manage-link";
import { Outcome } from "../components/outcome";
import { ResultsHead, type WatchedResults } from "../components/results-head";
import { Unavailable } from "../components/unavailable";
import { absolute, addresses } from "../lib/addresses";
import { useFit } from "../lib/use-fit";
import { useTitle } from "../lib/use-title";
import { useWakeLock } from "../lib/use-wake-lock";
import * as strings from "../strings";

// How much larger than the style sheet says rows become where there is room.
const MOST_OPEN = 1.5;
const MOST_CLOSED = 2;
// And the code, where it stands in their place.
const MOST_INVITING = 1.6;

/** For the projector: the count and the way to the ballot, and nothing else. */
export default function PresentPage() {
  const { id } = useParams<{ id: string }>();
  const poll = usePoll(id);
  // Without the host's viewing key: what is not for everyone yet is not for the wall.
  const results = useResults(id, true);
  useTitle(poll.data?.question);
  useWakeLock();

  if (!poll.data || poll.isError) return <Dark><Unavailable asked={poll} /></Dark>;
  if (!results.data || results.isError) return <Dark><Unavailable asked={results} /></Dark>;

  return <Wall poll={poll.data} results={results} />;
}

/** The wall while the poll cannot be shown: as dark as before, for the room's sake. */
function Dark({ children }: { children: ReactNode }) {
  return (
    <main className="present" tabIndex={-1}>
      {children}
    </main>
  );
}

function Wall({ poll, results }: { poll: Poll; results: WatchedResults }) {
  const { closed, hidden, ballots } = results.data;
  // While there is no count to be seen, the way to the ballot has its room.
  const inviting = !closed && (hidden || ballots === 0);
  // Numbers are of another width only with another digit.
  const content = [poll.id, closed, inviting, hidden, String(ballots).length].join();
  const wall = useFit(content, closed ? MOST_CLOSED : inviting ? MOST_INVITING : MOST_OPEN);
  const count = !inviting || hidden ? <Count poll={poll} results={results.data} /> : null;
  return (
    <main className="present" data-closed={closed} ref={wall}>
      <ResultsHead poll={poll} results={results} />

      {inviting ? <Invitation id={poll.id}>{count}</Invitation> : count}

      <footer className="present-foot">
        {closed && <Outcome {...results.data} />}
        {!closed && !inviting && <WayToVote id={poll.id} />}
        <div className="actions present-actions">
          <FullScreenButton />
          <Link className="button button-quiet" to={addresses.results(poll.id)}>
            {strings.present.leave}
          </Link>
          <ManageLink id={poll.id} className="present-manage" />
        </div>
      </footer>
    </main>
  );
}

/** The way to the ballot, to be seen from the last row. */
function Invitation({ id, children }: { id: string; children: ReactNode }) {
  return (
    <div className="present-invitation">
      <WayToVote id={id} />
      {children}
    </div>
  );
}

function WayToVote({ id }: { id: string }) {
  const address = absolute(addresses.vote(id));
  return (
    <>
      <LargeCode address={address} />
      <div className="present-address">
        <p className="label">{strings.results.voteAt}</p>
        <p className="address">
          <Address url={address} />
        </p>
      </div>
    </>
  );
}
