import "./vote-timeline.css";

import { Suspense, useId, useState } from "react";

import { lazily } from "../../hooks/lazy-component";
import * as strings from "../../strings";
import { Breakage } from "../../ui/error-boundary";
import { Expected } from "../../ui/loading-hint";
import type { TimelineChartProps } from "./timeline-chart";

const TimelineChart = lazily(() => import("./timeline-chart"));

/** Votes over time, behind a button: what draws them and the figures are fetched when it is shown. */
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
          <Breakage at={pollId} instead={<p className="hint">{strings.trouble.brokenTitle}</p>}>
            <Suspense fallback={<Expected />}>
              <TimelineChart pollId={pollId} viewingKey={viewingKey} />
            </Suspense>
          </Breakage>
        )}
      </div>
    </section>
  );
}
