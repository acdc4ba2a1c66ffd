import type { Poll } from "../api/polls";
import { formatCount } from "../lib/format";
import { strings } from "../strings";

/** How many have voted, as large as the page's question. */
export function Turnout({ poll, ballots }: { poll: Poll; ballots: number }) {
  return (
    <p>
      <span className="numeral results-ballots">{formatCount(ballots)}</span>{" "}
      <span className="results-unit">
        {poll.multiple ? strings.results.voters(ballots) : strings.results.ballots(ballots)}
      </span>
    </p>
  );
}
