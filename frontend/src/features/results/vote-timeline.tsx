import "./vote-timeline.css";

import { Suspense, useId, useState } from "react";

import { lazyComponent } from "../../hooks/lazy-component";
import * as strings from "../../strings";
import { ErrorBoundary } from "../../ui/error-boundary";
import { LoadingHint } from "../../ui/loading-hint";
import type { TimelineChartProps } from "./timeline-chart";

const TimelineChart = lazyComponent(() => import("./timeline-chart"));

/** Votes over time, behind a button; the chart's chunk and its data are loaded when it opens. */
export function VoteTimeline({ pollId, viewingKey }: TimelineChartProps) {
  const [open, setOpen] = useState(false);
  const chart = useId();
  return (
    <section>
      <h2 className="timeline-heading">
        <button
          type="button"
          className="disclosure"
          aria-expanded={open}
          aria-controls={chart}
          onClick={() => {
            setOpen(!open);
          }}
        >
          {strings.timeline.title}
        </button>
      </h2>
      <div id={chart} className="timeline-body" hidden={!open}>
        {open && (
          <ErrorBoundary resetKey={pollId} fallback={<p className="hint">{strings.trouble.brokenTitle}</p>}>
            <Suspense fallback={<LoadingHint />}>
              <TimelineChart pollId={pollId} viewingKey={viewingKey} />
            </Suspense>
          </ErrorBoundary>
        )}
      </div>
    </section>
  );
}
