import type { CSSProperties } from "react";

import type { Results } from "../../api/polls";
import { formatCount } from "../../lib/format";
import * as strings from "../../strings";
import { type Share, shares } from "./shares";

/** One row per option, in the poll's order, so that rows do not move while votes come in. */
export function ResultRows({ options, ballots }: Pick<Results, "options" | "ballots">) {
  const half = { "--half": Math.ceil(options.length / 2) } as CSSProperties;
  return (
    <ol className="result-rows" data-density={density(options.length)} style={half}>
      {shares(options, ballots).map((share) => (
        <ResultRow key={share.id} share={share} />
      ))}
    </ol>
  );
}

function ResultRow({ share }: { share: Share }) {
  const length = { "--share": share.fraction } as CSSProperties;
  return (
    <li className="result-row" data-leads={share.leads}>
      <p className="numeral result-percent">
        {share.percent}
        <span className="result-unit">%</span>
      </p>
      <div className="result-text">
        <p className="result-label" dir="auto">
          {share.label}
        </p>
        <p className="result-votes">
          {strings.results.votes(formatCount(share.votes), share.votes)}
        </p>
      </div>
      <div className="result-bar" style={length} />
    </li>
  );
}

/** Few options are shown large; many have to fit on one screen. */
function density(options: number): "few" | "some" | "many" {
  if (options <= 4) return "few";
  return options <= 8 ? "some" : "many";
}
