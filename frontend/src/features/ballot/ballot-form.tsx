import { useEffect, useId, useRef, useState, type SubmitEvent } from "react";

import type { Poll } from "../../api/polls";
import { isFault } from "../../api/problem";
import * as strings from "../../strings";
import { errorMessage } from "../../ui/error-message";
import { openUntil } from "../../ui/poll/open-until";
import { Question } from "../../ui/poll/question";
import { BallotOption } from "./ballot-option";
import { BallotStub } from "./ballot-stub";
import { ballotView } from "./ballot-state";
import { type Choices, sameChoices } from "./outbox/choices";
import { useSendBallot } from "./send-ballot";
import { useBallotDraft } from "./use-ballot-draft";

interface BallotFormProps {
  readonly poll: Poll;
  /** The choices that the server has; empty if no ballot was cast. */
  readonly counted: Choices;
}

/** The ballot: the question, the options, and one request that casts or changes the vote. */
export function BallotForm({ poll, counted }: BallotFormProps) {
  const { closed } = poll;
  const { waiting, refused, away, error, cast, forgetRefused } = useSendBallot(poll.id);
  const [unsent, setUnsent] = useBallotDraft(poll.id);
  const [empty, setEmpty] = useState(false);
  const stateMessage = useRef<HTMLParagraphElement>(null);
  const focusNext = useRef(false);
  const note = useRef<HTMLParagraphElement>(null);
  const hasFocus = useRef(false);
  const id = useId();

  const view = ballotView({ counted, waiting, refused, unsent, closed, away });
  const { chosen, open } = view;
  const failure = refused && !closed ? error : undefined;

  useEffect(() => {
    // The button disappears once the vote is cast: the message gets its focus.
    if (focusNext.current && !open) stateMessage.current?.focus({ preventScroll: true });
    focusNext.current = false;
  }, [open]);

  useEffect(() => {
    // The focused control is disabled or gone: the note gets the focus.
    if (closed && hasFocus.current) note.current?.focus({ preventScroll: true });
  }, [closed]);

  function choose(option: number, checked: boolean) {
    const rest = poll.multiple ? chosen.filter((other) => other !== option) : [];
    const next = checked ? [...rest, option] : rest;
    setEmpty(false);
    forgetRefused();
    setUnsent(sameChoices(next, waiting ?? counted) ? undefined : next);
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    if (!open) return;
    setEmpty(chosen.length === 0);
    if (chosen.length === 0) return;
    focusNext.current = true;
    cast(chosen);
    setUnsent(undefined);
  }

  return (
    <div className="page vote">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- observes only */}
      <form
        onSubmit={submit}
        onFocus={() => {
          hasFocus.current = true;
        }}
        onBlur={() => {
          hasFocus.current = false;
        }}
      >
        <fieldset className="ballot" disabled={closed} aria-describedby={`${id}-note`}>
          <legend className="ballot-question question-frame">
            <Question text={poll.question} />
          </legend>
          <p ref={note} id={`${id}-note`} className="lede" role="status" tabIndex={-1}>
            {closed ? closedNote(counted) : openNote(poll)}
          </p>
          <ol className="ballot-options">
            {poll.options.map((option) => (
              <li key={option.id}>
                <BallotOption
                  name={`${id}-choice`}
                  label={option.label}
                  multiple={poll.multiple}
                  checked={chosen.includes(option.id)}
                  mark={view.mark(option.id)}
                  onChange={(checked) => {
                    choose(option.id, checked);
                  }}
                />
              </li>
            ))}
          </ol>
        </fieldset>

        <BallotStub
          ref={stateMessage}
          poll={poll}
          view={view}
          voted={counted.length > 0}
          closed={closed}
          wrong={empty ? strings.ballot.none : failure && errorMessage(failure)}
          again={isFault(failure)}
        />
      </form>
    </div>
  );
}

function closedNote(counted: Choices): string {
  return counted.length > 0 ? strings.ballot.closedVoted : strings.ballot.closed;
}

function openNote(poll: Poll): string {
  const how = poll.multiple ? strings.ballot.several : strings.ballot.one;
  return [how, openUntil(poll)].filter(Boolean).join(" ");
}
