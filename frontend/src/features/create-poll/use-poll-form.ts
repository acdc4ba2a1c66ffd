import { useState } from "react";

import { useNow } from "../../hooks/use-now";
import { type Field, filterErrors, findErrors, type FormErrors } from "./form-errors";
import { EMPTY_FORM, type OptionRow, type PollForm } from "./poll-form";

const CLOCK = 10_000;
// While a year is typed it is 0002, then 0020: such an error is shown only on blur.
const WHOLE_YEAR = /^[1-9]\d{3}-/;

/** The form before the last action, and the message about that action. */
export interface Undo {
  readonly place: "options" | "form";
  readonly before: PollForm;
  readonly message: string;
}

interface State {
  readonly form: PollForm;
  /** Whether there was a question at some time: only then is an empty one an error on blur. */
  readonly hadQuestion: boolean;
  /** The fields whose errors are shown. */
  readonly shown: ReadonlySet<Field>;
  /** The server's messages; each is removed when its field changes. */
  readonly serverErrors: FormErrors;
  readonly undo: Undo | undefined;
}

/**
 * The state of the form and its errors. An error is shown when its field loses the focus, and removed
 * as soon as it is corrected.
 */
export function usePollForm(initial: PollForm) {
  const [state, setState] = useState<State>({
    form: initial,
    hadQuestion: initial.question !== "",
    shown: new Set(),
    serverErrors: {},
    undo: undefined,
  });
  const now = useNow(CLOCK);
  const { form, shown, serverErrors } = state;

  const found = findErrors(form, now);
  const isShown = (field: Field) =>
    shown.has(field) || (field === "closesAt" && WHOLE_YEAR.test(form.closesAt));
  const errors: FormErrors = { ...serverErrors, ...filterErrors(found, isShown) };

  /** Handles input in a field. */
  function type(change: Partial<PollForm>, ...fields: Field[]) {
    setState((old) => {
      const form = { ...old.form, ...change };
      return {
        form,
        hadQuestion: old.hadQuestion || form.question !== "",
        shown: stillInvalid(old.shown, form),
        serverErrors: filterErrors(old.serverErrors, (field) => field !== "form" && !fields.includes(field)),
        undo: undefined,
      };
    });
  }

  /** Handles rows that were added, removed or moved; with a message if that can be undone. */
  function arrange(options: readonly OptionRow[], message?: string) {
    setState((old) => {
      const form = { ...old.form, options };
      const wrong = Object.keys(findErrors(form)) as Field[];
      return {
        ...old,
        form,
        shown: new Set([
          ...stillInvalid(old.shown, form),
          ...wrong.filter((field) => field.startsWith("option.")),
        ]),
        serverErrors: filterErrors(old.serverErrors, (field) => field !== "options"),
        undo: message === undefined ? undefined : { place: "options", before: old.form, message },
      };
    });
  }

  /** Shows the error of a field that loses the focus. */
  function leave(field: Field) {
    setState((old) => {
      if (!(field in findErrors(old.form)) || (field === "question" && !old.hadQuestion)) return old;
      return { ...old, shown: new Set([...old.shown, field]) };
    });
  }

  /** Shows all errors. Returns whether there are none. */
  function check(): boolean {
    const wrong = findErrors(form);
    setState((old) => ({ ...old, shown: new Set(Object.keys(wrong) as Field[]), serverErrors: {} }));
    return Object.keys(wrong).length === 0;
  }

  function refuse(errors: FormErrors) {
    setState((old) => ({ ...old, serverErrors: errors }));
  }

  function startOver(message: string) {
    setState((old) => ({
      form: EMPTY_FORM,
      hadQuestion: false,
      shown: new Set(),
      serverErrors: {},
      undo: { place: "form", before: old.form, message },
    }));
  }

  function undo() {
    setState((old) =>
      old.undo ? { ...old, form: old.undo.before, serverErrors: {}, undo: undefined } : old,
    );
  }

  return { form, errors, last: state.undo, type, arrange, leave, check, refuse, startOver, undo };
}

function stillInvalid(shown: ReadonlySet<Field>, form: PollForm): ReadonlySet<Field> {
  const found = findErrors(form);
  return new Set([...shown].filter((field) => field in found));
}
