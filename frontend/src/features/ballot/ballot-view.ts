/** What a ballot shows: the crosses, what became of each, and what there is to say and to send. */
import { type Choices, sameChoices } from "./choices";

/** What is known of a ballot, from the server, from this device and from this tab. */
export interface BallotInput {
  /** What the server holds; empty where nothing was cast. */
  readonly counted: Choices;
  /** What was sent, and not answered yet. */
  readonly waiting?: Choices | undefined;
  /** What was sent, and refused. */
  readonly refused?: Choices | undefined;
  /** What was chosen, and not sent. */
  readonly unsent?: Choices | undefined;
  readonly closed: boolean;
  /** Whether what waits has to, since the server or the network is away. */
  readonly away: boolean;
}

/** What became of a cross: the words that stand beside it, and how it is drawn. */
export type Mark = "unsent" | "sending" | "waiting" | "counted" | "still" | "missed" | "late";

/** What there is to say of the ballot as a whole. */
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
  /** Whether the voter has, or may have, something to send. */
  readonly open: boolean;
  readonly mark: (option: number) => Mark | undefined;
}

/** A ballot as it is to be shown: what was not counted never looks as if it were. */
export function ballotView(known: BallotInput): BallotView {
  return known.closed ? closedView(known) : openView(known);
}

function openView({ counted, waiting, refused, unsent, away }: BallotInput): BallotView {
  const sent = waiting ?? counted;
  const chosen = unsent ?? refused ?? sent;
  const settled = sameChoices(chosen, sent);
  const onItsWay = away ? "waiting" : "sending";
  const mark = (option: number): Mark | undefined => {
    if (waiting?.includes(option)) return onItsWay;
    const isCounted = waiting === undefined && counted.includes(option);
    if (chosen.includes(option)) return isCounted ? "counted" : "unsent";
    return isCounted ? "still" : undefined;
  };
  const state = (): BallotState => {
    if (!settled) return waiting ? "changedWhileWaiting" : counted.length > 0 ? "changed" : "unsent";
    if (waiting) return onItsWay;
    return counted.length > 0 ? "counted" : "blank";
  };
  return { chosen, mark, state: state(), open: !settled || sent.length === 0 };
}

function closedView({ counted, waiting, refused, unsent, away }: BallotInput): BallotView {
  // Until its answer comes, nobody knows whether it was in time.
  if (waiting) {
    const onItsWay = away ? "waiting" : "sending";
    const mark = (option: number) => (waiting.includes(option) ? onItsWay : undefined);
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
