import "./results.css";
import "./present.css";

import { Link, useParams } from "wouter";

import { usePoll, useResults, type Poll } from "../api/polls";
import { Address } from "../components/address";
import { Count } from "../components/count";
import { FullScreenButton } from "../components/full-screen-button";
import { LazyQrCode } from "../components/lazy-qr-code";
import { ManageLink } from "../components/manage-link";
import { Outcome } from "../components/outcome";
import { ResultsHead, type WatchedResults } from "../components/results-head";
import { Unavailable } from "../components/unavailable";
import { absolute, addresses } from "../lib/addresses";
import { useFit } from "../lib/use-fit";
import { useTitle } from "../lib/use-title";
import { useWakeLock } from "../lib/use-wake-lock";
import { strings } from "../strings";

// How much larger than the style sheet says rows become where there is room.
const MOST_OPEN = 1.5;
const MOST_CLOSED = 2;

/** For the projector: the count and the way to the ballot, and nothing else. */
export default function PresentPage() {
  const { id } = useParams<{ id: string }>();
  const poll = usePoll(id);
  // Without the host's viewing key: what is not for everyone yet is not for the wall.
  const results = useResults(id, true);
  useTitle(poll.data?.question);
  useWakeLock();

  if (!poll.data || poll.isError) return <Unavailable asked={poll} />;
  if (!results.data || results.isError) return <Unavailable asked={results} />;

  return <Wall poll={poll.data} results={results} />;
}

function Wall({ poll, results }: { poll: Poll; results: WatchedResults }) {
  const { closed, hidden, ballots } = results.data;
  // Numbers are of another width only with another digit.
  const content = [poll.id, closed, hidden, String(ballots).length].join();
  const wall = useFit(content, closed ? MOST_CLOSED : MOST_OPEN);
  return (
    <main className="present" data-closed={closed} ref={wall}>
      <ResultsHead poll={poll} results={results} />

      <Count poll={poll} results={results.data} />

      <footer className="present-foot">
        {closed ? <Outcome {...results.data} /> : <WayToVote id={poll.id} />}
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

function WayToVote({ id }: { id: string }) {
  const address = absolute(addresses.vote(id));
  return (
    <>
      <LazyQrCode address={address} />
      <div className="present-address">
        <p className="label">{strings.results.voteAt}</p>
        <p className="address">
          <Address url={address} />
        </p>
      </div>
    </>
  );
}
