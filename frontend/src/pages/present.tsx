import "../features/results/results.css";
import "./present.css";
import "./present-code.css";

import { useState, type ComponentProps } from "react";
import { Link, useParams } from "wouter";

import { type Poll, usePoll, useResults } from "../api/polls";
import { ManageLink } from "../features/manage/manage-link";
import { FullScreenButton } from "../features/present/full-screen-button";
import { useFit } from "../features/present/use-fit";
import { Winner } from "../features/present/winner";
import { Count } from "../features/results/count";
import { ResultsHead, type WatchedResults } from "../features/results/results-head";
import { leadingLabels } from "../features/results/shares";
import { useScrollReset } from "../hooks/use-scroll-reset";
import { useTitle } from "../hooks/use-title";
import { useWakeLock } from "../hooks/use-wake-lock";
import { absolute, addresses } from "../lib/addresses";
import * as strings from "../strings";
import { Address } from "../ui/poll/address";
import { LargeQrCode } from "../ui/poll/large-qr-code";
import { Unavailable } from "./unavailable";

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
  useScrollReset();
  useWakeLock();

  if (!poll.data || poll.isError) return <NoPoll asked={poll} />;
  if (!results.data || results.isError) return <NoPoll asked={results} />;

  return <PresentView poll={poll.data} results={results} />;
}

/** The wall while the poll cannot be shown: as dark as before, for the room's sake. */
function NoPoll(why: ComponentProps<typeof Unavailable>) {
  return (
    <main className="present" tabIndex={-1}>
      <Unavailable {...why} />
    </main>
  );
}

function PresentView({ poll, results }: { poll: Poll; results: WatchedResults }) {
  const { closed, closes_at, hidden, ballots } = results.data;
  // While there is no count to be seen, the way to the ballot has its room.
  const inviting = !closed && (hidden || ballots === 0);
  // Numbers are of another width only with another digit.
  const digits = String(ballots).length;
  const content = [poll.id, closed, closes_at, inviting, hidden, digits].join();
  const wall = useFit(content, closed ? MOST_CLOSED : inviting ? MOST_INVITING : MOST_OPEN);
  const [large, setLarge] = useState(false);
  if (large && closed) setLarge(false); // and it stays small if the poll is reopened
  const wayToVote = <VotingAddress id={poll.id} large={large} onChange={setLarge} />;
  const count = <Count poll={poll} results={results.data} />;
  return (
    <main className="present" tabIndex={-1} data-closed={closed} ref={wall}>
      <ResultsHead poll={poll} results={results} />

      {inviting ? (
        <div className="present-invitation">
          {wayToVote}
          {hidden && count}
        </div>
      ) : (
        count
      )}

      <footer className="present-foot">
        {closed && <Winner names={leadingLabels(results.data.options, ballots)} />}
        {!closed && !inviting && wayToVote}
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

interface VotingAddressProps extends Omit<ComponentProps<typeof LargeQrCode>, "address"> {
  readonly id: string;
}

function VotingAddress({ id, ...code }: VotingAddressProps) {
  const address = absolute(addresses.vote(id));
  return (
    <>
      <LargeQrCode address={address} {...code} />
      <div className="present-address">
        <p className="label">{strings.results.voteAt}</p>
        <p className="address">
          <Address url={address} />
        </p>
      </div>
    </>
  );
}
