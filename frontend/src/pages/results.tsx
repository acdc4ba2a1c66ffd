import "./results.css";

import { Link, useParams } from "react-router";

import { isAway, usePoll, useResults } from "../api/polls";
import { CopyButton } from "../components/copy-button";
import { LiveState } from "../components/live-state";
import { ResultRows } from "../components/result-rows";
import { Question } from "../components/question";
import { Unavailable } from "../components/unavailable";
import { VoteTimeline } from "../components/vote-timeline";
import { absolute, addresses } from "../lib/addresses";
import { formatCount, spokenAddress } from "../lib/format";
import { useTitle } from "../lib/use-title";
import { strings } from "../strings";

/** The counts as they come in, to be read from the back of the room. */
export default function ResultsPage() {
  const { id = "" } = useParams();
  const poll = usePoll(id);
  const results = useResults(id, true);
  useTitle(poll.data?.question);

  // A poll that was deleted while it was watched is gone, whatever was last shown.
  if (!poll.data || poll.isError) return <Unavailable asked={poll} />;
  if (!results.data || results.isError) return <Unavailable asked={results} />;

  const { ballots, options, closed } = results.data;
  const address = absolute(addresses.vote(id));
  return (
    <div className="results" data-closed={closed}>
      <div className="results-head">
        <div className="question-frame">
          <Question text={poll.data.question} />
        </div>
        <div className="results-total">
          <p>
            <span className="numeral results-ballots">{formatCount(ballots)}</span>{" "}
            <span className="results-unit">{poll.data.multiple ? strings.results.voters(ballots) : strings.results.ballots(ballots)}</span>
          </p>
          <LiveState closed={closed} reconnecting={isAway(results)} />
        </div>
      </div>

      <ResultRows options={options} ballots={ballots} />
      {poll.data.multiple && <p className="hint">{strings.results.several}</p>}

      <VoteTimeline pollId={id} />

      {!closed && (
        <aside className="results-share">
          <p className="results-address">
            <span className="label">{strings.results.voteAt}</span>{" "}
            <Link className="address" to={addresses.vote(id)}>
              {spokenAddress(address)}
            </Link>
          </p>
          <CopyButton text={address} />
        </aside>
      )}
    </div>
  );
}
