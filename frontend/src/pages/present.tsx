import "./results.css";
import "./present.css";

import { Link, useParams } from "wouter";

import { usePoll, useResults } from "../api/polls";
import { Address } from "../components/address";
import { Count } from "../components/count";
import { FullScreenButton } from "../components/full-screen-button";
import { LazyQrCode } from "../components/lazy-qr-code";
import { ManageLink } from "../components/manage-link";
import { ResultsHead } from "../components/results-head";
import { Unavailable } from "../components/unavailable";
import { absolute, addresses } from "../lib/addresses";
import { useTitle } from "../lib/use-title";
import { useWakeLock } from "../lib/use-wake-lock";
import { strings } from "../strings";

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

  const { closed } = results.data;
  const address = absolute(addresses.vote(id));
  return (
    <main className="present" data-closed={closed}>
      <ResultsHead poll={poll.data} results={results} />

      <Count poll={poll.data} results={results.data} />

      <footer className="present-foot">
        {!closed && (
          <>
            <LazyQrCode address={address} />
            <p className="present-address">
              <span className="label">{strings.results.voteAt}</span>
              <span className="address">
                <Address url={address} />
              </span>
            </p>
          </>
        )}
        <div className="actions present-actions">
          <FullScreenButton />
          <Link className="button button-quiet" to={addresses.results(id)}>
            {strings.present.leave}
          </Link>
          <ManageLink id={id} className="present-manage" />
        </div>
      </footer>
    </main>
  );
}
