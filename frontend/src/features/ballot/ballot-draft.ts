/**
 * The crosses that a voter has made and not sent, by poll. They belong to their tab, and outlive
 * its being loaded again and a look at the results.
 */
import { type Choices, isChoices } from "./choices";

const PREFIX = "tally.unsent.";

/** The crosses that were not sent, if any were made. */
export function loadBallotDraft(poll: string): Choices | undefined {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(PREFIX + poll) ?? "null");
    return isChoices(stored) ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the crosses; undefined where they were sent, or are again as they were sent. */
export function saveBallotDraft(poll: string, choices: Choices | undefined): void {
  try {
    if (choices === undefined) sessionStorage.removeItem(PREFIX + poll);
    else sessionStorage.setItem(PREFIX + poll, JSON.stringify(choices));
  } catch {
    // Forbidden or full: then they last as long as the page.
  }
}
