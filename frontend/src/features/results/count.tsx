import { Link } from "wouter";

import type { Poll, Results } from "../../api/polls";
import { addresses } from "../../lib/addresses";
import { formatCount } from "../../lib/format";
import * as strings from "../../strings";
import { Announcer } from "./announcer";
import { ResultRows } from "./result-rows";
import { shares } from "./shares";

/** The results of a poll, or the reason why they are hidden. */
export function Count({ poll, results }: { poll: Poll; results: Results }) {
  if (results.hidden) return <HiddenCount poll={poll} />;
  return (
    <>
      <ResultRows options={results.options} ballots={results.ballots} />
      {poll.multiple && <p className="hint">{strings.results.several}</p>}
      <Announcer text={summaryOf(results)} />
    </>
  );
}

function HiddenCount({ poll }: { poll: Poll }) {
  return (
    <div className="results-hidden">
      <p className="headline">{strings.results.hidden[poll.results]}</p>
      {poll.results === "voted" && (
        <Link className="button" to={addresses.vote(poll.id)}>
          {strings.results.toVote}
        </Link>
      )}
    </div>
  );
}

function summaryOf({ options, ballots }: Results): string {
  const leading = shares(options, ballots).filter(({ leads }) => leads);
  return strings.results.spoken(
    formatCount(ballots),
    ballots,
    leading.map(({ label, percent }) => ({ label, percent })),
  );
}
