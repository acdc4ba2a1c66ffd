import "./traffic-chart.css";

import { formatClock, formatRate } from "../../charts/figures";
import { type ChartTable, type Plot, TimeChart } from "../../charts/time-chart";
import { formatCount } from "../../lib/format";
import * as strings from "../../strings";
import { type Bar, minutes, sum, worstOfEachRun } from "./traffic";

/** The smallest height of the errors in a bar, in pixels, so that a single error is visible. */
const MIN_ERROR_HEIGHT = 3;

/** Requests and errors per second, one bar per bucket. */
export function TrafficChart({ bars }: { bars: readonly Bar[] }) {
  const peak = Math.max(0, ...bars.map((bar) => sum([bar]).rate));
  const { requests, errors } = sum(bars);
  return (
    <div className="traffic-chart">
      <TimeChart
        summary={strings.status.summary(
          strings.status.inAll(formatCount(requests), requests),
          `${formatCount(errors)} ${strings.status.failed(errors)}`,
          formatRate(peak),
        )}
        table={tableOf(bars)}
        from={bars[0]?.start ?? 0}
        to={bars.at(-1)?.end ?? 0}
        most={peak}
      >
        {(plot) => (
          <>
            {bars.map((bar) => (
              <Column key={bar.start} bar={bar} plot={plot} />
            ))}
            {worstOfEachRun(bars).map((bar) => (
              <Arrow key={bar.start} bar={bar} plot={plot} />
            ))}
          </>
        )}
      </TimeChart>
      <ul className="chart-key">
        <li>
          <svg className="chart-sign" viewBox="0 0 12 16" aria-hidden="true">
            <path className="traffic-requests" d="M1 4H5V16H1Z M7 0H11V16H7Z" />
          </svg>
          <span>{strings.status.keyRequests}</span>
        </li>
        <li>
          <svg className="chart-sign" viewBox="0 0 12 16" aria-hidden="true">
            <path className="traffic-errors" d="M0 0H12L6 7Z M3.5 9H8.5V16H3.5Z" />
          </svg>
          <span>{strings.status.keyErrors}</span>
        </li>
      </ul>
    </div>
  );
}

/** A bar, in whole pixels with a gap of one, so that its edges are sharp. */
function Column({ bar, plot }: { bar: Bar; plot: Plot }) {
  const left = Math.round(plot.x(bar.start));
  const width = Math.max(Math.round(plot.x(bar.end)) - left - 1, 1);
  const base = Math.round(plot.y(0));
  const height = base - Math.round(plot.y(sum([bar]).rate));
  if (bar.requests === 0) return null;
  const errors = bar.errors > 0 ? Math.max(Math.round((height * bar.errors) / bar.requests), MIN_ERROR_HEIGHT) : 0;
  const least = Math.max(height, errors, 1);
  return (
    <>
      <rect className="traffic-requests" x={left} y={base - least} width={width} height={least} />
      {errors > 0 && (
        <rect className="traffic-errors" x={left} y={base - errors} width={width} height={errors} />
      )}
    </>
  );
}

/** Points at a bar with errors; its shape is visible without colours. */
function Arrow({ bar, plot: { x, y, em } }: { bar: Bar; plot: Plot }) {
  const middle = (x(bar.start) + x(bar.end)) / 2;
  const tip = y(sum([bar]).rate) - 0.2 * em;
  return (
    <path
      className="traffic-errors"
      d={`M${middle} ${tip}l${-0.4 * em} ${-0.55 * em}h${0.8 * em}Z`}
    />
  );
}

function tableOf(bars: readonly Bar[]): ChartTable {
  return {
    caption: strings.status.table,
    columns: [strings.status.minute, strings.status.traffic, strings.status.tableErrors],
    rows: minutes(bars).map(({ start, sum: { requests, errors } }) => [
      formatClock(new Date(start), true),
      formatCount(requests),
      formatCount(errors),
    ]),
  };
}
