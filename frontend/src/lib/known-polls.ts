/** A poll that was created or managed on this device. */
export interface KnownPoll {
  readonly id: string;
  readonly key: string;
  readonly question: string;
}

const STORE = "tally.polls";

/** The polls whose keys this device has, newest first. */
export function knownPolls(): KnownPoll[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORE) ?? "[]");
    return Array.isArray(stored) ? stored.filter(isKnownPoll) : [];
  } catch {
    return []; // Storage is forbidden or has invalid content: the secret link still works.
  }
}

/** The key of a poll, if this device has it. */
export function knownKey(id: string): string | undefined {
  return knownPolls().find((poll) => poll.id === id)?.key;
}

/** Stores a poll's key on this device. Returns whether that succeeded. */
export function remember(poll: KnownPoll): boolean {
  store([poll, ...knownPolls().filter(({ id }) => id !== poll.id)]);
  return knownKey(poll.id) === poll.key;
}

/** Removes a poll's key from this device. */
export function forget(id: string): void {
  store(knownPolls().filter((poll) => poll.id !== id));
}

function store(polls: readonly KnownPoll[]): void {
  try {
    localStorage.setItem(STORE, JSON.stringify(polls));
  } catch {
    // Forbidden or full: the secret link in the address still works.
  }
}

function isKnownPoll(value: unknown): value is KnownPoll {
  if (typeof value !== "object" || value === null) return false;
  const poll = value as Record<string, unknown>;
  return ["id", "key", "question"].every((name) => typeof poll[name] === "string");
}
