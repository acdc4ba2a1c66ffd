import { useRef, useState, type SubmitEvent } from "react";
import { flushSync } from "react-dom";

import type { Poll } from "../../api/polls";
import { isFault, Problem } from "../../api/problem";
import { localInput, timeZone } from "../../lib/format";
import * as strings from "../../strings";
import { BusyButton } from "../../ui/busy-button";
import { closingTimeError } from "../../ui/closing-time-error";
import { DatetimeField } from "../../ui/datetime-field";
import { ActionNote } from "./action-note";
import { type PollPatch, useChangePoll } from "./manage-poll";
import { pollStatus } from "./poll-status";

/** When the poll closes by itself: to be set, moved, or taken away. */
export function ClosingTime({ poll, secret }: { poll: Poll; secret: string }) {
  const change = useChangePoll(poll, secret);
  const form = useRef<HTMLFormElement>(null);
  const [typed, setTyped] = useState<string>();
  const { closed, closes_at } = poll;
  const [wrong, setWrong] = useState<{ said: string | undefined; closed: boolean }>();
  // Said of what the field was for: it is another once the poll is closed or opened.
  const error = wrong?.closed === closed ? wrong.said : undefined;
  // What is past is no time to close at any more.
  const set = closes_at === null || pollStatus(poll) === "expired" ? undefined : new Date(closes_at);
  const value = typed ?? (set ? localInput(set) : "");

  const zone = strings.closing.zone(timeZone());
  const failed = isFault(change.error) ? change.variables : undefined;

  function send(patch: PollPatch, done?: () => void) {
    change.mutate(patch, {
      onSuccess: () => {
        flushSync(() => {
          setTyped(undefined);
        });
        done?.();
      },
      onError: (error) => {
        // The server's clock is another than this device's.
        if (!(error instanceof Problem) || error.fields.length === 0) return;
        change.reset();
        setWrong({ said: strings.closing.unchosen, closed });
        focusField();
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
    const said =
      moment > new Date() ? closingTimeError(value, new Date()) : strings.closing.unchosen;
    setWrong({ said, closed });
    if (said !== undefined) focusField();
    else send({ ...(closed && { closed: false }), closes_at: moment.toISOString() });
  }

  return (
    <form ref={form} className="closing" noValidate onSubmit={submit}>
      <DatetimeField
        label={closed ? strings.manage.closesAtAgain : strings.manage.closesAt}
        value={value}
        error={error && `${error} ${zone}`}
        onChange={(next) => {
          setTyped(next);
          setWrong(undefined);
        }}
      >
        {error === undefined && zone}
      </DatetimeField>
      <div className="action">
        <div className="actions">
          <BusyButton
            type="submit"
            className="button button-quiet"
            busy={change.isPending}
            again={failed !== undefined && failed.closes_at !== null}
          >
            {closed ? strings.manage.reopenUntil : strings.manage.closesAtSubmit}
          </BusyButton>
          {set && (
            <BusyButton
              className="button button-quiet"
              busy={change.isPending}
              again={failed?.closes_at === null}
              onClick={() => {
                setWrong(undefined);
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
