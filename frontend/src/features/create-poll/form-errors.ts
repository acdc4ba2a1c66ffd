import * as strings from "../../strings";
import { closingTimeError } from "../../ui/closing-time-error";
import { filledRows, LEAST_OPTIONS, oneLine, type OptionRow, type PollForm } from "./poll-form";

// The API's limits, in code points of the normalized text.
export const LONGEST_QUESTION = 300;
export const LONGEST_OPTION = 100;

/** The field of a message. An option is named by its row's key; `form` is the form as a whole. */
export type Field = "question" | "options" | "closesAt" | "form" | `option.${number}`;

/** Messages by field. */
export type FormErrors = Readonly<Partial<Record<Field, string>>>;

export function optionField({ key }: OptionRow): Field {
  return `option.${key}`;
}

/** How many more characters fit; negative if there are too many. */
export function charactersLeft(text: string, most: number): number {
  return most - Array.from(oneLine(text)).length;
}

/** All errors that the client can find. */
export function findErrors(form: PollForm, now = new Date()): FormErrors {
  const closesAt = closingTimeError(form.closesAt, now);
  return {
    ...questionError(form.question),
    ...(filledRows(form.options).length < LEAST_OPTIONS && {
      options: strings.invalid.fewOptions(LEAST_OPTIONS),
    }),
    ...optionErrors(form.options),
    ...(closesAt !== undefined && { closesAt }),
  };
}

function questionError(question: string): FormErrors {
  if (question.trim() === "") return { question: strings.invalid.question };
  if (charactersLeft(question, LONGEST_QUESTION) >= 0) return {};
  return { question: strings.invalid.tooLong(LONGEST_QUESTION) };
}

function optionErrors(rows: readonly OptionRow[]): FormErrors {
  const seen = new Set<string>();
  const errors: Partial<Record<Field, string>> = {};
  for (const row of filledRows(rows)) {
    // Like Python's casefold(), which the server compares by: ß equals SS, ı does not equal I.
    const same = oneLine(row.text).toLowerCase().replaceAll("ß", "ss");
    if (seen.has(same)) errors[optionField(row)] = strings.invalid.sameOption;
    else if (charactersLeft(row.text, LONGEST_OPTION) < 0)
      errors[optionField(row)] = strings.invalid.tooLong(LONGEST_OPTION);
    seen.add(same);
  }
  return errors;
}

/** The messages of the fields that pass the filter. */
export function filterErrors(errors: FormErrors, keeps: (field: Field) => boolean): FormErrors {
  return Object.fromEntries(Object.entries(errors).filter(([field]) => keeps(field as Field)));
}

/**
 * The messages for the fields that only the server refused.
 * @param paths the fields, such as `question`, `options` or `options.1`
 */
export function placeErrors(form: PollForm, paths: readonly string[]): FormErrors {
  const rows = filledRows(form.options);
  return Object.assign({}, ...paths.map((path) => errorAt(path, rows))) as FormErrors;
}

function errorAt(path: string, rows: readonly OptionRow[]): FormErrors {
  const [name, index] = path.split(".");
  const row = rows[Number(index)];
  if (name === "question") return { question: strings.invalid.unreadable };
  if (name === "closes_at") return { closesAt: strings.closing.unchosen };
  if (name !== "options") return { form: strings.trouble.unexpected };
  return row
    ? { [optionField(row)]: strings.invalid.unreadable }
    : { options: strings.invalid.sameOptions };
}
