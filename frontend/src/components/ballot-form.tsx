import { useEffect, useId, useRef, useState, type SubmitEvent } from "react";
import { Link } from "wouter";

import { useCastBallot, type Poll } from "../api/polls";
import { Problem } from "../api/problem";
import { addresses } from "../lib/addresses";
import { formatTime } from "../lib/format";
import { waitingBallot } from "../lib/outbox";
import { strings } from "../strings";
import { BallotOption } from "./ballot-option";
import { Question } from "./question";

interface BallotFormProps {
  readonly poll: Poll;
  readonly closed: boolean;
  /** The choices of the ballot that the server holds; empty where none was cast. */
  readonly cast: readonly number[];
}

/** A ballot paper: the question, a cross for each choice, one request to cast or change it. */
export function BallotForm({ poll, closed, cast }: BallotFormProps) {
  const [changed, setChanged] = useState<readonly number[]>();
  const [empty, setEmpty] = useState(false);
  const send = useCastBallot(poll.id);
  const outcome = useRef<HTMLParagraphElement>(null);
  const focusNext = useRef(false);
  const id = useId();

  // A vote counts here from the moment it is cast: it is kept and sent until the server has it.
  const own = send.waiting ?? cast;
  const chosen = changed ?? own;
  const voted = own.length > 0;
  const settled = voted && sameChoices(chosen, own);
  const resultsShown = poll.results === "always" || closed || (poll.results === "voted" && cast.length > 0);

  useEffect(() => {
    // What was cast before the page was loaded again, and never reached the server.
    const left = waitingBallot(poll.id);
    if (left !== undefined) send.cast(left);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when the page opens
  }, []);

  useEffect(() => {
    // The button is gone once the vote is cast; the words take over its focus.
    if (focusNext.current && settled) outcome.current?.focus();
    focusNext.current = false;
  }, [settled]);

  function choose(option: number, checked: boolean) {
    setEmpty(false);
    send.reset();
    if (!poll.multiple) setChanged([option]);
    else setChanged(checked ? [...chosen, option] : chosen.filter((other) => other !== option));
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setEmpty(chosen.length === 0);
    if (chosen.length === 0) return;
    focusNext.current = true;
    send.cast(chosen);
    setChanged(undefined);
  }

  return (
    <div className="page vote">
      <form onSubmit={submit}>
        <fieldset className="ballot" disabled={closed} aria-describedby={`${id}-note`}>
          <legend className="ballot-question question-frame">
            <Question text={poll.question} />
          </legend>
          <p id={`${id}-note`} className="lede">
            {ballotNote(poll, closed, voted)}
          </p>
          <ol className="ballot-options">
            {poll.options.map((option) => (
              <li key={option.id}>
                <BallotOption
                  name={`${id}-choice`}
                  label={option.label}
                  multiple={poll.multiple}
                  checked={chosen.includes(option.id)}
                  onChange={(checked) => {
                    choose(option.id, checked);
                  }}
                />
              </li>
            ))}
          </ol>
        </fieldset>

        <div className="ballot-send">
          {settled && !closed && (
            <p ref={outcome} className="ballot-counted" tabIndex={-1} role="status">
              <BallotState waiting={send.waiting !== undefined} away={send.isAway} />
            </p>
          )}
          {!settled && !closed && (
            <button type="submit" className="button button-large">
              {voted ? strings.vote.change : strings.vote.submit}
            </button>
          )}
          {resultsShown ? (
            <Link className={settled || closed ? "button" : "link"} to={addresses.results(poll.id)}>
              {strings.vote.results}
            </Link>
          ) : (
            <p className="hint">{strings.vote.hidden[poll.results]}</p>
          )}
          <p className="field-error" role="alert">
            {empty ? strings.vote.none : refusal(send.error)}
          </p>
        </div>
      </form>
    </div>
  );
}

function ballotNote(poll: Poll, closed: boolean, voted: boolean): string {
  if (closed) return voted ? strings.vote.closedVoted : strings.vote.closed;
  const how = poll.multiple ? strings.vote.several : strings.vote.one;
  if (poll.closes_at === null) return how;
  return `${how} ${strings.vote.closesAt(formatTime(new Date(poll.closes_at)))}`;
}

function BallotState({ waiting, away }: { waiting: boolean; away: boolean }) {
  const [what, more] = !waiting
    ? [strings.vote.counted, strings.vote.changeable]
    : away
      ? [strings.vote.kept, strings.vote.keptUntil]
      : [strings.vote.sending, ""];
  return (
    <>
      <strong>{what}</strong> {more}
    </>
  );
}

function refusal(error: Error | null): string | undefined {
  if (error === null) return undefined;
  if (!(error instanceof Problem)) return strings.trouble.unexpected;
  if (error.status === 409) return strings.vote.closed;
  return error.passing || error.message === "" ? strings.trouble.unreachable : error.message;
}

function sameChoices(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every((choice) => others.includes(choice));
}
