import { useState, type SubmitEvent } from "react";

import type { Poll, PollPatch } from "../api/polls";
import { formatTime, localInput, timeZone } from "../lib/format";
import { strings } from "../strings";
import { MomentField } from "./moment-field";

interface ClosingTimeProps {
  readonly poll: Poll;
  readonly busy: boolean;
  readonly onChange: (patch: PollPatch) => void;
}

/** When the poll closes by itself: to be set, moved, or taken away. */
export function ClosingTime({ poll, busy, onChange }: ClosingTimeProps) {
  const set = poll.closes_at === null ? undefined : new Date(poll.closes_at);
  const [typed, setTyped] = useState<string>();
  const [error, setError] = useState<string>();
  const value = typed ?? (set ? localInput(set) : "");

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const moment = new Date(value);
    if (!(moment > new Date())) {
      setError(strings.invalid.closesAt);
      return;
    }
    setError(undefined);
    setTyped(undefined);
    onChange({ closes_at: moment.toISOString() });
  }

  return (
    <form className="closing" noValidate onSubmit={submit}>
      <MomentField
        label={strings.manage.closesAt}
        value={value}
        error={error}
        onChange={(next) => {
          setTyped(next);
          setError(undefined);
        }}
      >
        {set ? strings.manage.closesAtSet(formatTime(set)) : strings.manage.closesAtOpen}{" "}
        {strings.create.zone(timeZone())}
      </MomentField>
      <div className="actions">
        <button type="submit" className="button button-quiet" disabled={busy}>
          {strings.manage.closesAtSubmit}
        </button>
        {set && (
          <button
            type="button"
            className="button button-quiet"
            disabled={busy}
            onClick={() => {
              setTyped(undefined);
              setError(undefined);
              onChange({ closes_at: null });
            }}
          >
            {strings.manage.closesAtNever}
          </button>
        )}
      </div>
    </form>
  );
}
