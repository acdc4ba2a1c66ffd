import "./timeline-chart.css";

import { isFault } from "../../api/problem";
import { outageOf } from "../../api/query";
import { formatClock } from "../../charts/figures";
import { type ChartTable, type Plot, TimeChart } from "../../charts/time-chart";
import { formatCount, formatTime } from "../../lib/format";
import * as strings from "../../strings";
import { errorMessage } from "../../ui/error-message";
import { LoadingHint } from "../../ui/loading-hint";
import { RetryButton } from "../../ui/retry-button";
import { useTimeline } from "./timeline";
import { type OptionSeries, sampleEvenly, voteSeries, type VoteSeries } from "./vote-series";

/** What marks the end of a line, and its name: by shape, as colours are told apart by few. */
const SIGNS = [
  "M0-1A1 1 0 1 1 0 1A1 1 0 1 1 0-1Z", // a disc
  "M-.9-.9H.9V.9H-.9Z",
  "M0-1.1L1.1 .85H-1.1Z",
  "M0-1.2L1.2 0L0 1.2L-1.2 0Z",
];
const ROWS = 12;

export interface TimelineChartProps {
  readonly pollId: string;
  /** Where the count is not for everyone, and this device has one. */
  readonly viewingKey: string | undefined;
}

/** The votes of each option as they added up. Alone in its file: it is fetched where it is shown. */
export default function TimelineChart({ pollId, viewingKey }: TimelineChartProps) {
  const timeline = useTimeline(pollId, viewingKey);
  const trouble = outageOf(timeline);
  if (!timeline.data) {
    if (timeline.isError) {
      return (
        <>
          <p className="hint">{errorMessage(timeline.error)}</p>
          <div className="actions">
            {isFault(timeline.error) && <RetryButton className="button button-quiet" />}
          </div>
        </>
      );
    }
    return trouble ? <p className="hint">{strings.trouble[trouble]}</p> : <LoadingHint />;
  }
  if (timeline.data.hidden) return <p className="hint">{strings.timeline.hidden}</p>;
  const found = voteSeries(timeline.data);
  if (found === undefined) return <p className="hint">{strings.timeline.none}</p>;

  const span = spanOf(found);
  const leading = found.leading
    .map(({ label, votes }) => strings.timeline.standing(label, formatCount(votes)))
    .join(", ");
  return (
    <>
      <TimeChart
        summary={strings.timeline.summary(span, leading)}
        table={tableOf(found)}
        from={found.from}
        to={found.to}
        most={found.most}
        whole
      >
        {(plot) => <Lines {...found} plot={plot} />}
      </TimeChart>
      <Legend {...found} />
      <p className="hint timeline-note">
        <span>{span}</span>
        {trouble && <span role="status">{strings.liveState[trouble]}</span>}
      </p>
    </>
  );
}

function Lines({ leading, others, plot }: VoteSeries & { plot: Plot }) {
  const named = leading.map((runner, rank) => ({ runner, rank })).reverse(); // the first on top
  return (
    <>
      {others.map((runner) => (
        <path key={runner.id} className="race-line" d={pathOf(runner, plot)} />
      ))}
      {named.map(({ runner, rank }) => (
        <path key={runner.id} className="race-line" data-rank={rank} d={pathOf(runner, plot)} />
      ))}
      {named.map(({ runner, rank }) => {
        const end = runner.points.at(-1);
        if (end === undefined) return null;
        const place = `translate(${plot.x(end.at)} ${plot.y(end.votes)}) scale(${0.38 * plot.em})`;
        return (
          <path
            key={runner.id}
            className="race-sign"
            data-rank={rank}
            d={SIGNS[rank]}
            transform={place}
          />
        );
      })}
    </>
  );
}

function pathOf({ points }: OptionSeries, { x, y }: Plot): string {
  return points
    .map(({ at, votes }, place) => `${place === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(votes).toFixed(1)}`)
    .join("");
}

/** The names, in the order of the votes, each with its line. */
function Legend({ leading, others }: VoteSeries) {
  return (
    <ol className="chart-key">
      {leading.map(({ id, label, votes }, rank) => (
        <li key={id}>
          <svg className="chart-sign race-key" viewBox="0 0 32 16" aria-hidden="true">
            <path className="race-line" data-rank={rank} d="M0 8H32" />
            <path
              className="race-sign"
              data-rank={rank}
              d={SIGNS[rank]}
              transform="translate(26 8) scale(6)"
            />
          </svg>
          <span dir="auto">{label}</span>
          <span className="race-votes">{formatCount(votes)}</span>
        </li>
      ))}
      {others.length > 0 && (
        <li>
          <svg className="chart-sign race-key" viewBox="0 0 32 16" aria-hidden="true">
            <path className="race-line" d="M0 8H32" />
          </svg>
          <span>{strings.timeline.others(formatCount(others.length), others.length)}</span>
        </li>
      )}
    </ol>
  );
}

function spanOf({ from, to }: VoteSeries): string {
  return strings.timeline.span(formatTime(new Date(from)), formatTime(new Date(to)));
}

/** Every option, at a dozen moments. */
function tableOf({ leading, others, from, to }: VoteSeries): ChartTable {
  const all = [...leading, ...others];
  const seconds = to - from < 600_000;
  const moments = sampleEvenly(all[0]?.points ?? [], ROWS).map(({ at }) => at);
  return {
    caption: strings.timeline.table,
    columns: [strings.timeline.until, ...all.map(({ label }) => label)],
    rows: moments.map((moment) => [
      formatClock(new Date(moment), seconds),
      ...all.map(({ points }) =>
        formatCount(points.find(({ at }) => at === moment)?.votes ?? 0),
      ),
    ]),
  };
}
