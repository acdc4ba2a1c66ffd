import { type LiveResults, resultsOutage } from "../../api/poll/queries";
import type { Poll } from "../../api/polls";
import type { QueryProgress } from "../../api/query";
import { formatCount } from "../../lib/format";
import * as strings from "../../strings";
import { LiveState } from "../../ui/poll/live-state";
import { openUntil } from "../../ui/poll/open-until";
import { Question } from "../../ui/poll/question";

export type WatchedResults = QueryProgress & { readonly data: LiveResults };

interface ResultsHeadProps {
  readonly poll: Poll;
  readonly results: WatchedResults;
}

/** The question, the number of votes, and whether the numbers are up to date. */
export function ResultsHead({ poll, results }: ResultsHeadProps) {
  const { ballots, closed } = results.data;
  const until = openUntil(results.data);
  const { voters, ballots: votes } = strings.results;
  return (
    <div className="results-head">
      <div className="question-frame">
        <Question text={poll.question} />
      </div>
      <div className="results-total">
        <p>
          <span className="numeral results-ballots">{formatCount(ballots)}</span>{" "}
          <span className="results-unit">{(poll.multiple ? voters : votes)(ballots)}</span>
        </p>
        <LiveState closed={closed} outage={resultsOutage(results)} query={results} />
        {until !== undefined && <p className="hint results-note">{until}</p>}
      </div>
    </div>
  );
}
