/**
 * Polls that were sent and then called off, by the secrets that they were sent under: the server may
 * have them all the same, known to nobody. They are kept on this device until they are deleted.
 */
import type { NewPoll } from "./create-poll";

const PREFIX = "tally.abandoned.";

/** What could not be stored: it outlives everything but a reload. */
const memory = new Map<string, string>();
const listeners = new Set<(token: string) => void>();

/** Keeps a poll until it is deleted. */
export function keepCancelledPoll(token: string, poll: NewPoll): void {
  const kept = JSON.stringify(poll);
  try {
    localStorage.setItem(PREFIX + token, kept);
  } catch {
    memory.set(token, kept); // Forbidden or full.
  }
  for (const listener of listeners) listener(token);
}

/** The poll as it was sent; undefined where it is settled, or something else was stored. */
export function cancelledPoll(token: string): NewPoll | undefined {
  try {
    const kept: unknown = JSON.parse(memory.get(token) ?? localStorage.getItem(PREFIX + token) ?? "null");
    return typeof kept === "object" && kept !== null ? (kept as NewPoll) : undefined;
  } catch {
    return undefined;
  }
}

/** Forgets a poll: it is deleted, or never was there. */
export function forgetCancelledPoll(token: string): void {
  memory.delete(token);
  try {
    localStorage.removeItem(PREFIX + token);
  } catch {
    // Forbidden: then it was not stored.
  }
}

/**
 * Tells of each poll that is abandoned, and of those that were.
 * @returns a function that ends it
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
