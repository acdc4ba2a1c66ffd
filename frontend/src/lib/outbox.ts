/**
 * Ballots that the server has not acknowledged yet, by poll. They are kept on this device, so that
 * a vote outlives a tunnel, a reload, and a phone that closes the tab.
 */

const PREFIX = "tally.ballot.";
/** Where storage is forbidden, a vote still outlives everything but a reload. */
const memory = new Map<string, readonly number[]>();

/** The choices that wait to be sent, if any do. */
export function waitingBallot(poll: string): readonly number[] | undefined {
  const held = memory.get(poll);
  if (held !== undefined) return held;
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(PREFIX + poll) ?? "null");
    return isChoices(stored) ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the choices until they are sent; they replace what waited before. */
export function keepBallot(poll: string, choices: readonly number[]): void {
  memory.set(poll, choices);
  try {
    localStorage.setItem(PREFIX + poll, JSON.stringify(choices));
  } catch {
    // Forbidden or full.
  }
}

/** Forgets the choices: the server has them, or has refused them. */
export function dropBallot(poll: string): void {
  memory.delete(poll);
  try {
    localStorage.removeItem(PREFIX + poll);
  } catch {
    // Forbidden: then nothing was kept.
  }
}

function isChoices(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isInteger);
}
