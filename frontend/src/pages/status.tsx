import "./status.css";

import { outageOf, type QueryProgress } from "../api/query";
import { formatDuration, formatRate } from "../charts/figures";
import { DescriptionItem } from "../features/status/description-item";
import { type Status, useStatus } from "../features/status/status";
import { type Bar, bars, lastMinute, recentErrors, sum } from "../features/status/traffic";
import { TrafficChart } from "../features/status/traffic-chart";
import { useNow } from "../hooks/use-now";
import { useOutage } from "../hooks/use-outage";
import { useTitle } from "../hooks/use-title";
import { formatCount, formatTime } from "../lib/format";
import * as strings from "../strings";
import { LiveState } from "../ui/poll/live-state";
import { Unavailable } from "./unavailable";

const SECOND = 1_000;

/** The status of the server, for its operator. */
export default function StatusPage() {
  const status = useStatus();
  useTitle(strings.status.title);

  if (!status.data || status.isError) return <Unavailable query={status} />;
  return <StatusReport status={status.data} query={status} />;
}

interface StatusReportProps {
  readonly status: Status;
  readonly query: QueryProgress & { readonly dataUpdatedAt: number };
}

function StatusReport({ status, query }: StatusReportProps) {
  const outage = useOutage(outageOf(query), query);
  const lost = outage !== undefined;
  const failing = status.database.available ? undefined : "failing";
  const traffic = status.traffic && bars(status.traffic);
  return (
    <div className="page status">
      <div className="status-head">
        <h1 className="headline">{strings.status.title}</h1>
        <LiveState closed={false} outage={outageOf(query) ?? failing} query={query} />
      </div>
      <p className="lede">
        <span role="status">{outage ? strings.status.lost[outage] : summarize(status, traffic)}</span>
        {lost && <Age received={query.dataUpdatedAt} />}
      </p>
      <KeyFigures status={status} received={query.dataUpdatedAt} lost={lost} />
      <section aria-labelledby="traffic">
        <h2 id="traffic" className="subhead">
          {strings.status.traffic}
        </h2>
        {traffic ? <Requests all={traffic} /> : <p className="hint">{strings.status.uncounted}</p>}
      </section>
      <Origin status={status} />
    </div>
  );
}

function summarize({ database }: Status, traffic: readonly Bar[] | null): string {
  if (!database.available) return strings.status.databaseAway;
  const failed = traffic ? recentErrors(traffic) : 0;
  return failed > 0 ? strings.status.failing(formatCount(failed), failed) : strings.status.well;
}

interface AgeingProps {
  /** When the status was received, in milliseconds since 1970. */
  readonly received: number;
}

/** The age of the figures. */
function Age({ received }: AgeingProps) {
  const since = useNow(SECOND).getTime() - received;
  return ` ${strings.status.old(formatDuration(since / 1000))}`;
}

interface KeyFiguresProps extends AgeingProps {
  readonly status: Status;
  /** Whether the server is away, so that the status may have changed. */
  readonly lost: boolean;
}

/** The most important figures. */
function KeyFigures({ status, received, lost }: KeyFiguresProps) {
  const { started_at, as_of, database } = status;
  // By the server's clock; the device's clock only measures the time since then.
  const since = Math.max(useNow(SECOND).getTime() - received, 0);
  const age = Date.parse(as_of) - Date.parse(started_at) + (lost ? 0 : since);
  return (
    <dl className="description-list description-list-large">
      <DescriptionItem name={strings.status.uptime}>{formatDuration(age / 1000)}</DescriptionItem>
      <DescriptionItem name={strings.status.database} bad={!database.available}>
        {database.available ? versionNumber(database.version) : strings.status.away}
      </DescriptionItem>
      <DescriptionItem name={strings.status.latency}>
        {database.latency_ms !== null && (
          <>
            {formatRate(database.latency_ms)}{" "}
            <span className="description-unit">{strings.status.milliseconds}</span>
          </>
        )}
      </DescriptionItem>
    </dl>
  );
}

/** "17.2 (Debian 17.2-1.pgdg120+1)" → "17.2" */
function versionNumber(version: string | null): string | null {
  return version?.split(" ")[0] ?? null;
}

function Requests({ all }: { all: readonly Bar[] }) {
  const total = sum(all);
  return (
    <>
      <dl className="description-list description-list-large">
        <DescriptionItem name={strings.status.rate}>
          {formatRate(lastMinute(all).rate)} <small>{strings.status.perSecond}</small>
        </DescriptionItem>
        <DescriptionItem name={strings.status.errors} bad={total.errors > 0}>
          {formatCount(total.errors)} <small>{strings.status.failed(total.errors)}</small>
        </DescriptionItem>
      </dl>
      <TrafficChart bars={all} />
      <p className="hint">
        {strings.status.scope(strings.status.inAll(formatCount(total.requests), total.requests))}
      </p>
    </>
  );
}

/** The release and where it runs, as far as the platform tells. */
function Origin({ status }: { status: Status }) {
  const { release, region, instance, driver, started_at, database } = status;
  const nameless = release === null && region === null && instance === null;
  return (
    <section aria-labelledby="origin">
      <h2 id="origin" className="subhead">
        {strings.status.here}
      </h2>
      {nameless && <p className="hint">{strings.status.laptop}</p>}
      <dl className="description-list">
        <DescriptionItem name={strings.status.release}>{release}</DescriptionItem>
        <DescriptionItem name={strings.status.region}>{region}</DescriptionItem>
        <DescriptionItem name={strings.status.instance}>{instance}</DescriptionItem>
        <DescriptionItem name={strings.status.since}>{formatTime(new Date(started_at))}</DescriptionItem>
        <DescriptionItem name={strings.status.driver}>{driver}</DescriptionItem>
        <DescriptionItem name={strings.status.schema}>{database.schema_revision}</DescriptionItem>
      </dl>
    </section>
  );
}
