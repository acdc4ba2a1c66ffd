/**
 * Ballots that the server has not acknowledged yet, by poll. They are kept on this device, so that
 * a vote outlives a tunnel, a reload, and a phone that closes the tab; all its tabs see the same.
 */
import { type Choices, isChoices } from "./choices";

const PREFIX = "tally.ballot.";

/** What is kept of a ballot: it waits to be sent, or was sent and refused. */
export interface KeptBallot {
  readonly waiting?: Choices;
  readonly refused?: Choices;
}

/** What could not be stored: a vote still outlives everything but a reload. */
const memory = new Map<string, string>();
const listeners = new Set<() => void>();

/** What is kept of a poll's ballot, as it is stored: a string, so that it can be told if it changed. */
export function storedBallot(poll: string): string {
  const held = memory.get(poll);
  if (held !== undefined) return held;
  try {
    return localStorage.getItem(PREFIX + poll) ?? "";
  } catch {
    return "";
  }
}

/** Reads what is stored, which may also be another release's, or somebody else's. */
export function parseBallot(stored: string | null): KeptBallot {
  try {
    const kept: unknown = JSON.parse(stored ?? "");
    if (isNonEmpty(kept)) return { waiting: kept };
    if (typeof kept !== "object" || kept === null || !("refused" in kept)) return {};
    return isNonEmpty(kept.refused) ? { refused: kept.refused } : {};
  } catch {
    return {};
  }
}

/** The choices that wait to be sent, if any do. */
export function waitingBallot(poll: string): Choices | undefined {
  return parseBallot(storedBallot(poll)).waiting;
}

/** The polls whose ballots wait to be sent. */
export function waitingPolls(): string[] {
  const polls = [...memory.keys()];
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
    polls.push(...names.map((name) => name.slice(PREFIX.length)));
  } catch {
    // Forbidden: then nothing was stored.
  }
  return polls.filter(waitingBallot);
}

/** Keeps the choices until they are sent; they replace what was kept before. */
export function keepBallot(poll: string, choices: Choices): void {
  store(poll, JSON.stringify(choices));
}

/** Keeps what waited as refused: it is not sent again, and the voter is still to be told. */
export function refuseBallot(poll: string): void {
  const refused = waitingBallot(poll);
  if (refused !== undefined) store(poll, JSON.stringify({ refused }));
}

/** Forgets the choices: the server has them, or the voter has chosen anew. */
export function dropBallot(poll: string): void {
  memory.delete(poll);
  try {
    localStorage.removeItem(PREFIX + poll);
  } catch {
    // Forbidden: then nothing was kept.
  }
  notifyListeners();
}

/**
 * Listens to every change, of this tab and of others.
 * @returns a function that ends it
 */
export function watchOutbox(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

/**
 * Listens to what other tabs do with a poll's ballot.
 * @param changed is given what was kept before; nothing where all that was stored was cleared
 * @returns a function that ends it
 */
export function watchOtherTabs(poll: string, changed: (before: KeptBallot) => void): () => void {
  const listener = ({ key, oldValue }: StorageEvent) => {
    if (key === null || key === PREFIX + poll) changed(parseBallot(oldValue));
  };
  window.addEventListener("storage", listener);
  return () => {
    window.removeEventListener("storage", listener);
  };
}

function store(poll: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + poll, value);
    memory.delete(poll);
  } catch {
    memory.set(poll, value); // Forbidden or full.
  }
  notifyListeners();
}

function notifyListeners(): void {
  for (const listener of listeners) listener();
}

function isNonEmpty(value: unknown): value is Choices {
  return isChoices(value) && value.length > 0;
}
