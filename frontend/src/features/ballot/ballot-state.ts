/** What a ballot shows: its choices, the state of each, and the state of the ballot. */
import { type Choices, sameChoices } from "./outbox/choices";

/** A ballot as the server, this device and this tab know it. */
export interface BallotInput {
  /** What the server has; empty if nothing was cast. */
  readonly counted: Choices;
  /** Sent, and not answered yet. */
  readonly waiting?: Choices | undefined;
  /** Sent, and refused. */
  readonly refused?: Choices | undefined;
  /** Chosen, and not sent. */
  readonly unsent?: Choices | undefined;
  readonly closed: boolean;
  /** Whether the server or the network is down, so that `waiting` cannot be sent. */
  readonly away: boolean;
}

/** The state of a choice, which determines its label and drawing. */
export type Mark = "unsent" | "sending" | "waiting" | "counted" | "still" | "missed" | "late";

/** The state of the ballot as a whole. */
export type BallotState =
  | "blank"
  | "unsent"
  | "changed"
  | "changedWhileWaiting"
  | "sending"
  | "waiting"
  | "counted"
  | "closed"
  | "unsure"
  | "missed"
  | "missedChange"
  | "late"
  | "lateChange";

export interface BallotView {
  readonly chosen: Choices;
  readonly state: BallotState;
  /** Whether there is, or may be, something to send. */
  readonly open: boolean;
  readonly mark: (option: number) => Mark | undefined;
}

/** The view of a ballot. A choice that was not counted never looks as if it were. */
export function ballotView(known: BallotInput): BallotView {
  return known.closed ? closedView(known) : openView(known);
}

function openView({ counted, waiting, refused, unsent, away }: BallotInput): BallotView {
  const sent = waiting ?? counted;
  const chosen = unsent ?? refused ?? sent;
  const settled = sameChoices(chosen, sent);
  const pending = away ? "waiting" : "sending";
  const mark = (option: number): Mark | undefined => {
    if (waiting?.includes(option)) return pending;
    const isCounted = waiting === undefined && counted.includes(option);
    if (chosen.includes(option)) return isCounted ? "counted" : "unsent";
    return isCounted ? "still" : undefined;
  };
  const state = (): BallotState => {
    if (!settled) return waiting ? "changedWhileWaiting" : counted.length > 0 ? "changed" : "unsent";
    if (waiting) return pending;
    return counted.length > 0 ? "counted" : "blank";
  };
  return { chosen, mark, state: state(), open: !settled || sent.length === 0 };
}

function closedView({ counted, waiting, refused, unsent, away }: BallotInput): BallotView {
  // Until the answer arrives, it is unknown whether the vote was in time.
  if (waiting) {
    const pending = away ? "waiting" : "sending";
    const mark = (option: number) => (waiting.includes(option) ? pending : undefined);
    return { chosen: waiting, mark, state: "unsure", open: false };
  }
  const failed = refused ?? unsent;
  const lost = failed && !sameChoices(failed, counted) ? failed : undefined;
  const why = refused ? "late" : "missed";
  const mark = (option: number) =>
    counted.includes(option) ? "counted" : lost?.includes(option) ? why : undefined;
  const state = (): BallotState => {
    if (lost === undefined) return "closed";
    if (counted.length === 0) return why;
    return refused ? "lateChange" : "missedChange";
  };
  return { chosen: counted, mark, state: state(), open: false };
}
