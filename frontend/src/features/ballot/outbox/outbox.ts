/**
 * Ballots that the server has not acknowledged yet, by poll. They are kept on this device for all its
 * tabs, so that a vote survives an outage, a reload, and a phone that closes the tab.
 */
import { type Choices, isChoices } from "./choices";

const PREFIX = "tally.ballot.";

/** A ballot that waits to be sent, or was sent and refused. */
export interface KeptBallot {
  readonly waiting?: Choices;
  readonly refused?: Choices;
}

/** Ballots that could not be stored; lost on a reload. */
const memory = new Map<string, string>();
const listeners = new Set<() => void>();

/** A poll's ballot as stored; a string, so that a change can be detected. */
export function storedBallot(poll: string): string {
  const held = memory.get(poll);
  if (held !== undefined) return held;
  try {
    return localStorage.getItem(PREFIX + poll) ?? "";
  } catch {
    return "";
  }
}

/** Parses a stored value, which another release or another app may have written. */
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

/** The choices that wait to be sent; undefined if there are none. */
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
    // Storage is forbidden: then nothing was stored.
  }
  return polls.filter(waitingBallot);
}

/** Keeps the choices until they are sent; they replace earlier ones. */
export function keepBallot(poll: string, choices: Choices): void {
  store(poll, JSON.stringify(choices));
}

/** Marks the waiting choices as refused: they are not sent again, but still shown to the voter. */
export function refuseBallot(poll: string): void {
  const refused = waitingBallot(poll);
  if (refused !== undefined) store(poll, JSON.stringify({ refused }));
}

/** Removes the choices: the server has them, or the voter has chosen again. */
export function dropBallot(poll: string): void {
  memory.delete(poll);
  try {
    localStorage.removeItem(PREFIX + poll);
  } catch {
    // Storage is forbidden: then nothing was stored.
  }
  notifyListeners();
}

/**
 * Listens to all changes, in this tab and in others.
 * @returns a function that removes the listener
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
 * Listens to changes of a poll's ballot in other tabs.
 * @param changed receives the ballot before the change; empty if the whole storage was cleared
 * @returns a function that removes the listener
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
    memory.set(poll, value); // Storage is forbidden or full.
  }
  notifyListeners();
}

function notifyListeners(): void {
  for (const listener of listeners) listener();
}

function isNonEmpty(value: unknown): value is Choices {
  return isChoices(value) && value.length > 0;
}
