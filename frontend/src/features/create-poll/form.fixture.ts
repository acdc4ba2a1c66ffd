import { EMPTY_FORM, type PollForm } from "./poll-form";

/** A valid form with the given options and fields. */
export function form(options: readonly string[], more: Partial<PollForm> = {}): PollForm {
  return {
    ...EMPTY_FORM,
    question: "Tea?",
    options: options.map((text, index) => ({ key: index + 10, text })),
    ...more,
  };
}
