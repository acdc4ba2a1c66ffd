import "../features/results/results.css";
import "./present.css";
import "./present-code.css";

import { useState, type ComponentProps } from "react";
import { Link, useParams } from "wouter";

import { usePoll, useResults } from "../api/poll/queries";
import type { Poll } from "../api/polls";
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

// The largest factors for the sizes of the rows.
const MOST_OPEN = 1.5;
const MOST_CLOSED = 2;
// The same for the QR code in their place.
const MOST_INVITING = 1.6;

/** The page for a projector: the results, and how to vote. */
export default function PresentPage() {
  const { id } = useParams<{ id: string }>();
  const poll = usePoll(id);
  // Without the host's viewing key, since everyone in the room can see this page.
  const results = useResults(id, true);
  useTitle(poll.data?.question);
  useScrollReset();
  useWakeLock();

  if (!poll.data || poll.isError) return <PollUnavailable query={poll} />;
  if (!results.data || results.isError) return <PollUnavailable query={results} />;

  return <PresentView poll={poll.data} results={results} />;
}

/** Shown while the poll is not available, on the same dark background. */
function PollUnavailable(props: ComponentProps<typeof Unavailable>) {
  return (
    <main className="present" tabIndex={-1}>
      <Unavailable {...props} />
    </main>
  );
}

function PresentView({ poll, results }: { poll: Poll; results: WatchedResults }) {
  const { closed, closes_at, hidden, ballots } = results.data;
  // Without results to show, the QR code takes their place.
  const inviting = !closed && (hidden || ballots === 0);
  // The layout depends only on the number of digits.
  const digits = String(ballots).length;
  const content = [poll.id, closed, closes_at, inviting, hidden, digits].join();
  const element = useFit(content, closed ? MOST_CLOSED : inviting ? MOST_INVITING : MOST_OPEN);
  const [large, setLarge] = useState(false);
  if (large && closed) setLarge(false); // stays small when the poll is reopened
  const votingAddress = <VotingAddress id={poll.id} large={large} onChange={setLarge} />;
  const count = <Count poll={poll} results={results.data} />;
  return (
    <main className="present" tabIndex={-1} data-closed={closed} ref={element}>
      <ResultsHead poll={poll} results={results} />

      {inviting ? (
        <div className="present-invitation">
          {votingAddress}
          {hidden && count}
        </div>
      ) : (
        count
      )}

      <footer className="present-foot">
        {closed && <Winner names={leadingLabels(results.data.options, ballots)} />}
        {!closed && !inviting && votingAddress}
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
