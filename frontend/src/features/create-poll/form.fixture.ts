import { EMPTY_FORM, type PollForm } from "./poll-form";

/** A form as the tests fill it in; what they do not name is as good as it gets. */
export function form(options: readonly string[], more: Partial<PollForm> = {}): PollForm {
  return {
    ...EMPTY_FORM,
    question: "Tea?",
    options: options.map((text, index) => ({ key: index + 10, text })),
    ...more,
  };
}
