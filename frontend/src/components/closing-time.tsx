import { useRef, useState, type SubmitEvent } from "react";
import { flushSync } from "react-dom";

import { useChangePoll, type Poll, type PollPatch } from "../api/polls";
import { closingError } from "../lib/closing-error";
import { localInput, timeZone } from "../lib/format";
import { standing } from "../lib/standing";
import * as strings from "../strings";
import { ActionNote } from "./action-note";
import { BusyButton } from "./busy-button";
import { MomentField } from "./moment-field";

/** When the poll closes by itself: to be set, moved, or taken away. */
export function ClosingTime({ poll, secret }: { poll: Poll; secret: string }) {
  const change = useChangePoll(poll.id, secret);
  const form = useRef<HTMLFormElement>(null);
  const [typed, setTyped] = useState<string>();
  const [error, setError] = useState<string>();
  const { closed, closes_at } = poll;
  // What is past is no time to close at any more.
  const set = closes_at === null || standing(poll) === "expired" ? undefined : new Date(closes_at);
  const value = typed ?? (set ? localInput(set) : "");

  function send(patch: PollPatch, done?: () => void) {
    change.mutate(patch, {
      onSuccess: () => {
        flushSync(() => {
          setTyped(undefined);
        });
        done?.();
      },
    });
  }

  function focusField() {
    form.current?.querySelector("input")?.focus();
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    if (change.isPending) return;
    const moment = new Date(value);
    const wrong =
      moment > new Date() ? closingError(value, new Date()) : strings.closing.unchosen;
    setError(wrong);
    if (wrong !== undefined) focusField();
    else send({ ...(closed && { closed: false }), closes_at: moment.toISOString() });
  }

  return (
    <form ref={form} className="closing" noValidate onSubmit={submit}>
      <MomentField
        label={closed ? strings.manage.closesAtAgain : strings.manage.closesAt}
        value={value}
        error={error}
        onChange={(next) => {
          setTyped(next);
          setError(undefined);
        }}
      >
        {error === undefined && strings.closing.zone(timeZone())}
      </MomentField>
      <div className="action">
        <div className="actions">
          <BusyButton type="submit" className="button button-quiet" busy={change.isPending}>
            {closed ? strings.manage.reopenUntil : strings.manage.closesAtSubmit}
          </BusyButton>
          {set && (
            <BusyButton
              className="button button-quiet"
              busy={change.isPending}
              onClick={() => {
                setError(undefined);
                // The button goes with the time: the field is what is left.
                send({ closes_at: null }, focusField);
              }}
            >
              {strings.manage.closesAtNever}
            </BusyButton>
          )}
        </div>
        <ActionNote of={change} />
      </div>
    </form>
  );
}
