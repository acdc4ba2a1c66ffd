import "./status.css";

import { isAway } from "../api/polls";
import { useStatus, type Status } from "../api/status";
import { Fact } from "../components/fact";
import { LiveState } from "../components/live-state";
import { TrafficChart } from "../components/traffic-chart";
import { Unavailable } from "../components/unavailable";
import { formatDuration, formatRate } from "../lib/figures";
import { formatCount, formatTime } from "../lib/format";
import { bars, lastMinute, recentErrors, sum, type Bar } from "../lib/traffic";
import { useNow } from "../lib/use-now";
import { useTitle } from "../lib/use-title";
import { strings } from "../strings";

const SECOND = 1_000;

/** For whoever runs it: what answers here, since when, on which database, and how it fares. */
export default function StatusPage() {
  const status = useStatus();
  useTitle(strings.status.title);

  if (!status.data || status.isError) return <Unavailable asked={status} />;
  const traffic = status.data.traffic && bars(status.data.traffic);
  return (
    <div className="page status">
      <div className="status-head">
        <h1 className="headline">{strings.status.title}</h1>
        <LiveState closed={false} reconnecting={isAway(status)} asked={status} />
      </div>
      <p className="lede" role="status">
        {verdict(status.data, traffic)}
      </p>
      <Vitals status={status.data} received={status.dataUpdatedAt} />
      <section className="status-traffic" aria-labelledby="traffic">
        <h2 id="traffic" className="subhead">
          {strings.status.traffic}
        </h2>
        {traffic ? <Requests all={traffic} /> : <p className="hint">{strings.status.uncounted}</p>}
      </section>
      <Origin status={status.data} />
    </div>
  );
}

function verdict({ database }: Status, traffic: readonly Bar[] | null): string {
  if (!database.available) return strings.status.databaseAway;
  const failed = traffic ? recentErrors(traffic) : 0;
  return failed > 0 ? strings.status.failing(formatCount(failed), failed) : strings.status.well;
}

/** The few figures that are looked at first. */
function Vitals({ status, received }: { status: Status; received: number }) {
  const { started_at, as_of, database } = status;
  // By the server's clock; ours only tells how long ago that was.
  const since = Math.max(useNow(SECOND).getTime() - received, 0);
  const age = Date.parse(as_of) - Date.parse(started_at) + since;
  return (
    <dl className="facts facts-large">
      <Fact name={strings.status.uptime}>{formatDuration(age / 1000)}</Fact>
      <Fact name={strings.status.database} bad={!database.available}>
        {database.available ? versionNumber(database.version) : strings.status.away}
      </Fact>
      <Fact name={strings.status.latency}>
        {database.latency_ms !== null && (
          <>
            {formatRate(database.latency_ms)}{" "}
            <span className="fact-unit">{strings.status.milliseconds}</span>
          </>
        )}
      </Fact>
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
      <dl className="facts facts-large">
        <Fact name={strings.status.rate}>
          {formatRate(lastMinute(all).rate)} <small>{strings.status.perSecond}</small>
        </Fact>
        <Fact name={strings.status.errors} bad={total.errors > 0}>
          {formatCount(total.errors)} <small>{strings.status.failed(total.errors)}</small>
        </Fact>
      </dl>
      <TrafficChart bars={all} />
      <p className="hint">
        {strings.status.scope(strings.status.inAll(formatCount(total.requests), total.requests))}
      </p>
    </>
  );
}

/** Where it comes from and where it runs, as far as the host tells. */
function Origin({ status }: { status: Status }) {
  const { release, region, instance, driver, started_at, database } = status;
  const nameless = release === null && region === null && instance === null;
  return (
    <section className="status-origin" aria-labelledby="origin">
      <h2 id="origin" className="subhead">
        {strings.status.here}
      </h2>
      {nameless && <p className="hint">{strings.status.laptop}</p>}
      <dl className="facts">
        <Fact name={strings.status.release}>{release}</Fact>
        <Fact name={strings.status.region}>{region}</Fact>
        <Fact name={strings.status.instance}>{instance}</Fact>
        <Fact name={strings.status.since}>{formatTime(new Date(started_at))}</Fact>
        <Fact name={strings.status.driver}>{driver}</Fact>
        <Fact name={strings.status.schema}>{database.schema_revision}</Fact>
      </dl>
    </section>
  );
}
