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

/** The markers of the lines; shapes, since colours are hard to tell apart for some. */
const MARKERS = [
  "M0-1A1 1 0 1 1 0 1A1 1 0 1 1 0-1Z", // a circle
  "M-.9-.9H.9V.9H-.9Z",
  "M0-1.1L1.1 .85H-1.1Z",
  "M0-1.2L1.2 0L0 1.2L-1.2 0Z",
];
const ROWS = 12;

export interface TimelineChartProps {
  readonly pollId: string;
  /** The key if the results are not public and this device has one. */
  readonly viewingKey: string | undefined;
}

/** The votes of each option over time. A chunk of its own, loaded when it is shown. */
export default function TimelineChart({ pollId, viewingKey }: TimelineChartProps) {
  const timeline = useTimeline(pollId, viewingKey);
  const outage = outageOf(timeline);
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
    return outage ? <p className="hint">{strings.trouble[outage]}</p> : <LoadingHint />;
  }
  if (timeline.data.hidden) return <p className="hint">{strings.timeline.hidden}</p>;
  const series = voteSeries(timeline.data);
  if (series === undefined) return <p className="hint">{strings.timeline.none}</p>;

  const span = spanOf(series);
  const leading = series.leading
    .map(({ label, votes }) => strings.timeline.standing(label, formatCount(votes)))
    .join(", ");
  return (
    <>
      <TimeChart
        summary={strings.timeline.summary(span, leading)}
        table={tableOf(series)}
        from={series.from}
        to={series.to}
        most={series.most}
        whole
      >
        {(plot) => <Lines {...series} plot={plot} />}
      </TimeChart>
      <Legend {...series} />
      <p className="hint timeline-note">
        <span>{span}</span>
        {outage && <span role="status">{strings.liveState[outage]}</span>}
      </p>
    </>
  );
}

function Lines({ leading, others, plot }: VoteSeries & { plot: Plot }) {
  const named = leading.map((runner, rank) => ({ runner, rank })).reverse(); // draws the leader last, on top
  return (
    <>
      {others.map((runner) => (
        <path key={runner.id} className="series-line" d={pathOf(runner, plot)} />
      ))}
      {named.map(({ runner, rank }) => (
        <path key={runner.id} className="series-line" data-rank={rank} d={pathOf(runner, plot)} />
      ))}
      {named.map(({ runner, rank }) => {
        const end = runner.points.at(-1);
        if (end === undefined) return null;
        const place = `translate(${plot.x(end.at)} ${plot.y(end.votes)}) scale(${0.38 * plot.em})`;
        return (
          <path
            key={runner.id}
            className="series-marker"
            data-rank={rank}
            d={MARKERS[rank]}
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

/** The options with their lines, in the order of their votes. */
function Legend({ leading, others }: VoteSeries) {
  return (
    <ol className="chart-key">
      {leading.map(({ id, label, votes }, rank) => (
        <li key={id}>
          <svg className="chart-sign series-key" viewBox="0 0 32 16" aria-hidden="true">
            <path className="series-line" data-rank={rank} d="M0 8H32" />
            <path
              className="series-marker"
              data-rank={rank}
              d={MARKERS[rank]}
              transform="translate(26 8) scale(6)"
            />
          </svg>
          <span dir="auto">{label}</span>
          <span className="series-votes">{formatCount(votes)}</span>
        </li>
      ))}
      {others.length > 0 && (
        <li>
          <svg className="chart-sign series-key" viewBox="0 0 32 16" aria-hidden="true">
            <path className="series-line" d="M0 8H32" />
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

/** The votes of all options at twelve points in time. */
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
