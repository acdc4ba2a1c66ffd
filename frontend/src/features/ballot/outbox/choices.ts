/** The ids of the chosen options; their order has no meaning. */
export type Choices = readonly number[];

/** Whether two ballots have the same choices. */
export function sameChoices(some: Choices, others: Choices): boolean {
  return some.length === others.length && some.every((choice) => others.includes(choice));
}

/** Whether a stored value is valid. */
export function isChoices(value: unknown): value is Choices {
  return Array.isArray(value) && value.every(Number.isInteger);
}
