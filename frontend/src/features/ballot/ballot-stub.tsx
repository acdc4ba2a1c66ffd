import type { Ref } from "react";
import { Link } from "wouter";

import type { Poll } from "../../api/polls";
import { addresses } from "../../lib/addresses";
import * as strings from "../../strings";
import type { BallotState, BallotView } from "./ballot-state";

interface BallotStubProps {
  readonly ref: Ref<HTMLParagraphElement>;
  readonly poll: Poll;
  readonly view: BallotView;
  readonly voted: boolean;
  readonly closed: boolean;
  readonly wrong: string | undefined;
  /** Whether the server failed, so that the button offers to try again. */
  readonly again: boolean;
}

/** States in which the vote was not counted, which the page emphasizes. */
const NOT_COUNTED: readonly BallotState[] = ["missed", "missedChange", "late", "lateChange"];

/**
 * The footer of the ballot, which stays visible: the state of the vote and the next action. Less
 * important content follows it and scrolls away.
 */
export function BallotStub({ ref, poll, view, voted, closed, wrong, again }: BallotStubProps) {
  const { state, open } = view;
  const [headline, details] = strings.ballot.state[state];
  const shown = poll.results === "always" || closed || (poll.results === "voted" && voted);
  const { submit, change } = strings.ballot;
  const leads = shown && state === "counted";
  return (
    <>
      <div className="ballot-stub" data-state={state}>
        {/* Always rendered: a screen reader reads only changes of an existing element. */}
        <p ref={ref} className="ballot-state" tabIndex={-1} role="status" data-bad={NOT_COUNTED.includes(state)}>
          {headline !== "" && <strong>{headline}</strong>} {details}
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
