import type { Ref } from "react";
import { Link } from "wouter";

import type { Poll } from "../../api/polls";
import { addresses } from "../../lib/addresses";
import * as strings from "../../strings";
import type { BallotState, BallotView } from "./ballot-view";

interface BallotStubProps {
  readonly ref: Ref<HTMLParagraphElement>;
  readonly poll: Poll;
  readonly view: BallotView;
  readonly voted: boolean;
  readonly closed: boolean;
  readonly wrong: string | undefined;
  /** Whether the server failed at it, so that it is to be sent again. */
  readonly again: boolean;
}

/** What the voter has not come to say yet, and is to read before all else. */
const BAD_NEWS: readonly BallotState[] = ["missed", "missedChange", "late", "lateChange"];

/**
 * The end of the ballot, which stays in view: what became of the vote, and what to do next. Below
 * it, where it scrolls away, is what matters less.
 */
export function BallotStub({ ref, poll, view, voted, closed, wrong, again }: BallotStubProps) {
  const { state, open } = view;
  const [what, more] = strings.ballot.state[state];
  const shown = poll.results === "always" || closed || (poll.results === "voted" && voted);
  const { submit, change } = strings.ballot;
  const leads = shown && state === "counted";
  return (
    <>
      <div className="ballot-stub" data-state={state}>
        {/* Always there, since a screen reader reads only what comes into it. */}
        <p ref={ref} className="ballot-state" tabIndex={-1} role="status" data-bad={BAD_NEWS.includes(state)}>
          {what !== "" && <strong>{what}</strong>} {more}
        </p>
        {open && (
          <button type="submit" className="button button-large">
            {again ? strings.trouble.again : state === "blank" || state === "unsent" ? submit : change}
          </button>
        )}
        {leads && <ResultsLink poll={poll} className="button" />}
        <p className="field-error" role="alert">
          {wrong}
        </p>
      </div>
      {shown && !leads && <ResultsLink poll={poll} className={closed ? "button" : "link"} />}
      {!shown && <p className="hint">{strings.ballot.hidden[poll.results]}</p>}
    </>
  );
}

function ResultsLink({ poll, className }: { poll: Poll; className: string }) {
  return (
    <Link className={className} to={addresses.results(poll.id)}>
      {strings.ballot.results}
    </Link>
  );
}
