import type { NewPoll } from "./create-poll";

export const LEAST_OPTIONS = 2;
export const MOST_OPTIONS = 20;

/** An option of the form, with a key that stays the same when rows move. */
export interface OptionRow {
  readonly key: number;
  readonly text: string;
}

/** Who sees the results: everyone, voters, or everyone once the poll is closed. */
export type Visibility = NonNullable<NewPoll["results"]>;
export const VISIBILITIES = ["always", "voted", "closed"] as const satisfies readonly Visibility[];

/** The state of the form that creates a poll. */
export interface PollForm {
  readonly question: string;
  readonly options: readonly OptionRow[];
  readonly multiple: boolean;
  /** A `datetime-local` value in the device's time zone, or "" for none. */
  readonly closesAt: string;
  readonly results: Visibility;
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

/** Text as the server stores it: NFC, trimmed, with single spaces. */
export function oneLine(text: string): string {
  return text.normalize("NFC").replace(/\s+/g, " ").trim();
}

/** The rows with text; empty ones are not sent. */
export function filledRows(options: readonly OptionRow[]): OptionRow[] {
  return options.filter(({ text }) => text.trim() !== "");
}

/** Whether the form has no content. */
export function isBlank(form: PollForm): boolean {
  return (
    form.question.trim() === "" &&
    filledRows(form.options).length === 0 &&
    form.closesAt === "" &&
    form.multiple === EMPTY_FORM.multiple &&
    form.results === EMPTY_FORM.results
  );
}

/** The request's body. The local closing time is converted to UTC. */
export function toNewPoll(form: PollForm): NewPoll {
  return {
    question: oneLine(form.question),
    options: filledRows(form.options).map(({ text }) => oneLine(text)),
    multiple: form.multiple,
    closes_at: form.closesAt === "" ? null : new Date(form.closesAt).toISOString(),
    results: form.results,
  };
}
