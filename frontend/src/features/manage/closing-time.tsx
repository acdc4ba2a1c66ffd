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

/** The form that sets, changes or removes the closing time. */
export function ClosingTime({ poll, secret }: { poll: Poll; secret: string }) {
  const change = useChangePoll(poll, secret);
  const form = useRef<HTMLFormElement>(null);
  const [typed, setTyped] = useState<string>();
  const { closed, closes_at } = poll;
  const [problem, setProblem] = useState<{ message: string | undefined; closed: boolean }>();
  // An error applies only until the poll is closed or opened, which changes the field's meaning.
  const error = problem?.closed === closed ? problem.message : undefined;
  // A closing time in the past is not shown.
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
        // The clocks of the server and this device may differ.
        if (!(error instanceof Problem) || error.fields.length === 0) return;
        change.reset();
        setProblem({ message: strings.closing.unchosen, closed });
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
    const message =
      moment > new Date() ? closingTimeError(value, new Date()) : strings.closing.unchosen;
    setProblem({ message, closed });
    if (message !== undefined) focusField();
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
          setProblem(undefined);
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
                setProblem(undefined);
                // The button disappears with the time, so the field gets the focus.
                send({ closes_at: null }, focusField);
              }}
            >
              {strings.manage.closesAtNever}
            </BusyButton>
          )}
        </div>
        <ActionNote mutation={change} />
      </div>
    </form>
  );
}
