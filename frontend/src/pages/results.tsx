import "../features/results/results.css";

import { Link, useParams } from "wouter";

import { ManageLink } from "../features/manage/manage-link";
import { Count } from "../features/results/count";
import { ResultsHead } from "../features/results/results-head";
import { useWatchedPoll } from "../features/results/use-watched-poll";
import { VoteTimeline } from "../features/results/vote-timeline";
import { useTitle } from "../hooks/use-title";
import { absolute, addresses } from "../lib/addresses";
import * as strings from "../strings";
import { Address } from "../ui/poll/address";
import { CopyButton } from "../ui/poll/copy-button";
import { Unavailable } from "./unavailable";

/** The results, which are updated as votes come in. */
export default function ResultsPage() {
  const { id } = useParams<{ id: string }>();
  const { poll, results, viewingKey } = useWatchedPoll(id);
  useTitle(poll.data?.question);

  // A poll that was deleted is gone, even if there is older data.
  if (!poll.data || poll.isError) return <Unavailable query={poll} />;
  if (!results.data || results.isError) return <Unavailable query={results} />;

  const { closed } = results.data;
  const address = absolute(addresses.vote(id));
  const worthSharing = closed ? absolute(addresses.results(id)) : address;
  return (
    <div className="results" data-closed={closed}>
      <ResultsHead poll={poll.data} results={results} />

      {viewingKey !== undefined && !closed && (
        <p className="note results-early">{strings.results.early[poll.data.results]}</p>
      )}
      <Count poll={poll.data} results={results.data} />

      {!results.data.hidden && <VoteTimeline pollId={id} viewingKey={viewingKey} />}

      <aside className="results-share" aria-label={strings.share.title}>
        {!closed && (
          <p className="results-address">
            <span className="label">{strings.results.voteAt}</span>{" "}
            <Link className="address" to={addresses.vote(id)}>
              <Address url={address} />
            </Link>
          </p>
        )}
        <div className="actions">
          <CopyButton text={worthSharing} />
          <Link className="button button-quiet" to={addresses.present(id)}>
            {strings.results.present}
          </Link>
          <ManageLink id={id} />
        </div>
      </aside>
    </div>
  );
}
