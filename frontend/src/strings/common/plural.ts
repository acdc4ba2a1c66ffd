/** Words that depend on how many there are. */

export const plural = new Intl.PluralRules("en");

export function votes(count: number): string {
  return plural.select(count) === "one" ? "vote" : "votes";
}

export function voters(count: number): string {
  return plural.select(count) === "one" ? "voter" : "voters";
}

export function answers(count: number): string {
  return plural.select(count) === "one" ? "answer" : "answers";
}
