/**
 * Choices that the voter has not sent yet, by poll. They belong to the tab and survive a reload and a
 * visit to the results.
 */
import { type Choices, isChoices } from "./outbox/choices";

const PREFIX = "tally.unsent.";

/** The choices that were not sent; undefined if there are none. */
export function loadBallotDraft(poll: string): Choices | undefined {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(PREFIX + poll) ?? "null");
    return isChoices(stored) ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** Stores the choices, or removes them if undefined. */
export function saveBallotDraft(poll: string, choices: Choices | undefined): void {
  try {
    if (choices === undefined) sessionStorage.removeItem(PREFIX + poll);
    else sessionStorage.setItem(PREFIX + poll, JSON.stringify(choices));
  } catch {
    // Storage is forbidden or full: then a reload loses them.
  }
}
