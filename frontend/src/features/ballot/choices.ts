/** The numbers of the options that a voter has chosen; their order means nothing. */
export type Choices = readonly number[];

/** Whether two ballots say the same. */
export function sameChoices(some: Choices, others: Choices): boolean {
  return some.length === others.length && some.every((choice) => others.includes(choice));
}

/** Whether what was stored is choices. */
export function isChoices(value: unknown): value is Choices {
  return Array.isArray(value) && value.every(Number.isInteger);
}
