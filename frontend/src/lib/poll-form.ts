import type { NewPoll, Poll } from "../api/polls";
import type { FieldError } from "../api/problem";
import { strings } from "../strings";

export const LEAST_OPTIONS = 2;
export const MOST_OPTIONS = 20;

/** One row of the form; the key stays the same while rows come and go. */
export interface OptionRow {
  readonly key: number;
  readonly text: string;
}

/** What is typed into the form that creates a poll. */
export interface PollForm {
  readonly question: string;
  readonly options: readonly OptionRow[];
  readonly multiple: boolean;
  /** A `datetime-local` value in the device's time, or "" for an open end. */
  readonly closesAt: string;
  /** When everyone may see the count. */
  readonly results: Poll["results"];
}

/** Messages by the field they belong to; option messages by the row's key. */
export interface FormErrors {
  readonly question?: string;
  readonly options?: string;
  readonly option: Readonly<Record<number, string>>;
  readonly closesAt?: string;
  /** What belongs to no field. */
  readonly form?: string;
}

export const EMPTY_FORM: PollForm = {
  question: "",
  options: [
    { key: 1, text: "" },
    { key: 2, text: "" },
    { key: 3, text: "" },
  ],
  multiple: false,
  closesAt: "",
  results: "always",
};

/** The rows that hold text; empty ones are simply not sent. */
export function filledRows(form: PollForm): OptionRow[] {
  return form.options.filter(({ text }) => text.trim() !== "");
}

/** The request's body. A local closing time becomes a moment with its offset. */
export function toNewPoll(form: PollForm): NewPoll {
  return {
    question: form.question.trim(),
    options: filledRows(form).map(({ text }) => text.trim()),
    multiple: form.multiple,
    closes_at: form.closesAt === "" ? null : new Date(form.closesAt).toISOString(),
    results: form.results,
  };
}

/** What can be seen to be wrong before anything is sent, or undefined. */
export function findErrors(form: PollForm, now = new Date()): FormErrors | undefined {
  const rows = filledRows(form);
  const closes = form.closesAt === "" ? undefined : new Date(form.closesAt);
  const errors: FormErrors = {
    option: repeatedOptions(rows),
    ...(form.question.trim() === "" && { question: strings.invalid.question }),
    ...(rows.length < LEAST_OPTIONS && { options: strings.invalid.fewOptions(LEAST_OPTIONS) }),
    ...(closes && !(closes > now) && { closesAt: strings.invalid.closesAt }),
  };
  return Object.keys(errors).length > 1 || Object.keys(errors.option).length > 0 ? errors : undefined;
}

function repeatedOptions(rows: readonly OptionRow[]): Record<number, string> {
  const seen = new Set<string>();
  const repeated: Record<number, string> = {};
  for (const { key, text } of rows) {
    const same = text.trim().toLocaleLowerCase();
    if (seen.has(same)) repeated[key] = strings.invalid.sameOption;
    seen.add(same);
  }
  return repeated;
}

/**
 * Puts the server's messages at the form's fields.
 * A field is named as a path: `question`, `options`, `options.1`, `options[1]`, `/options/1`.
 */
export function placeErrors(form: PollForm, errors: readonly FieldError[]): FormErrors {
  const rows = filledRows(form);
  const placed: { -readonly [K in keyof FormErrors]: FormErrors[K] } & {
    option: Record<number, string>;
  } = { option: {} };
  for (const { field, message } of errors) {
    const [name, index] = field.split(/[.[\]/]+/).filter((part) => part !== "" && part !== "body");
    const row = index === undefined ? undefined : rows[Number(index)];
    if (name === "question") placed.question ??= message;
    else if (name === "closes_at") placed.closesAt ??= message;
    else if (name === "options" && row) placed.option[row.key] ??= message;
    else if (name === "options") placed.options ??= message;
    else placed.form ??= message;
  }
  return placed;
}
