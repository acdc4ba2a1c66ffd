/**
 * Polls whose creation was cancelled after the request was sent, by their idempotency keys. The server
 * may have created them, so they are kept on this device until they are deleted.
 */
import type { NewPoll } from "./create-poll";

const PREFIX = "tally.abandoned.";

/** What could not be stored; lost on a reload. */
const memory = new Map<string, string>();
const listeners = new Set<(token: string) => void>();

/** Keeps a poll until it is deleted. */
export function keepCancelledPoll(token: string, poll: NewPoll): void {
  const kept = JSON.stringify(poll);
  try {
    localStorage.setItem(PREFIX + token, kept);
  } catch {
    memory.set(token, kept); // Storage is forbidden or full.
  }
  for (const listener of listeners) listener(token);
}

/** The poll that was sent; undefined if it is deleted, or the stored value is invalid. */
export function cancelledPoll(token: string): NewPoll | undefined {
  try {
    const kept: unknown = JSON.parse(memory.get(token) ?? localStorage.getItem(PREFIX + token) ?? "null");
    return typeof kept === "object" && kept !== null ? (kept as NewPoll) : undefined;
  } catch {
    return undefined;
  }
}

/** Forgets a poll that is deleted or was never created. */
export function forgetCancelledPoll(token: string): void {
  memory.delete(token);
  try {
    localStorage.removeItem(PREFIX + token);
  } catch {
    // Storage is forbidden: then it was not stored.
  }
}

/**
 * Calls the listener for each cancelled poll, those of before included.
 * @returns a function that removes the listener
 */
export function watchCancelledPolls(listener: (token: string) => void): () => void {
  listeners.add(listener);
  for (const token of [...memory.keys(), ...storedTokens()]) listener(token);
  return () => {
    listeners.delete(listener);
  };
}

function storedTokens(): string[] {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
    return names.map((name) => name.slice(PREFIX.length));
  } catch {
    return [];
  }
}
