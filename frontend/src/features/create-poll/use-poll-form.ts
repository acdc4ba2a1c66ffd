import { useState } from "react";

import { useNow } from "../../hooks/use-now";
import { type Field, filterErrors, findErrors, type FormErrors } from "./form-errors";
import { EMPTY_FORM, type OptionRow, type PollForm } from "./poll-form";

const CLOCK = 10_000;
// A year that is being typed is 0002, then 0020: told only once the field is left.
const WHOLE_YEAR = /^[1-9]\d{3}-/;

/** What the last act replaced, and what is said of that act. */
export interface Undo {
  readonly place: "options" | "form";
  readonly before: PollForm;
  readonly said: string;
}

interface State {
  readonly form: PollForm;
  /** Whether there ever was a question: who only passes by its field is not told to write one. */
  readonly asked: boolean;
  /** The fields whose mistakes are told. */
  readonly told: ReadonlySet<Field>;
  /** What the server refused; each message until its field is changed. */
  readonly refused: FormErrors;
  readonly undo: Undo | undefined;
}

/**
 * What is typed, and what is said about it: a mistake is told when its field is left, and taken
 * back as soon as it is mended.
 */
export function usePollForm(initial: PollForm) {
  const [state, setState] = useState<State>({
    form: initial,
    asked: initial.question !== "",
    told: new Set(),
    refused: {},
    undo: undefined,
  });
  const now = useNow(CLOCK);
  const { form, told, refused } = state;

  const found = findErrors(form, now);
  const isTold = (field: Field) =>
    told.has(field) || (field === "closesAt" && WHOLE_YEAR.test(form.closesAt));
  const errors: FormErrors = { ...refused, ...filterErrors(found, isTold) };

  /** Takes what is typed into one field. */
  function type(change: Partial<PollForm>, ...fields: Field[]) {
    setState((old) => {
      const form = { ...old.form, ...change };
      return {
        form,
        asked: old.asked || form.question !== "",
        told: stillWrong(old.told, form),
        refused: filterErrors(old.refused, (field) => field !== "form" && !fields.includes(field)),
        undo: undefined,
      };
    });
  }

  /** Takes answers that came, went or moved as a whole; `said` of what can be undone. */
  function arrange(options: readonly OptionRow[], said?: string) {
    setState((old) => {
      const form = { ...old.form, options };
      const wrong = Object.keys(findErrors(form)) as Field[];
      return {
        ...old,
        form,
        told: new Set([
          ...stillWrong(old.told, form),
          ...wrong.filter((field) => field.startsWith("option.")),
        ]),
        refused: filterErrors(old.refused, (field) => field !== "options"),
        undo: said === undefined ? undefined : { place: "options", before: old.form, said },
      };
    });
  }

  /** Tells what is wrong with a field that is left. */
  function leave(field: Field) {
    setState((old) => {
      if (!(field in findErrors(old.form)) || (field === "question" && !old.asked)) return old;
      return { ...old, told: new Set([...old.told, field]) };
    });
  }

  /** Tells all that is wrong. Returns whether nothing is. */
  function check(): boolean {
    const wrong = findErrors(form);
    setState((old) => ({ ...old, told: new Set(Object.keys(wrong) as Field[]), refused: {} }));
    return Object.keys(wrong).length === 0;
  }

  function refuse(errors: FormErrors) {
    setState((old) => ({ ...old, refused: errors }));
  }

  function startOver(said: string) {
    setState((old) => ({
      form: EMPTY_FORM,
      asked: false,
      told: new Set(),
      refused: {},
      undo: { place: "form", before: old.form, said },
    }));
  }

  function undo() {
    setState((old) =>
      old.undo ? { ...old, form: old.undo.before, refused: {}, undo: undefined } : old,
    );
  }

  return { form, errors, last: state.undo, type, arrange, leave, check, refuse, startOver, undo };
}

function stillWrong(told: ReadonlySet<Field>, form: PollForm): ReadonlySet<Field> {
  const found = findErrors(form);
  return new Set([...told].filter((field) => field in found));
}
