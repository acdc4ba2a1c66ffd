import "./lookup-form.css";

import { useId, useRef, useState, type SubmitEvent } from "react";
import { flushSync } from "react-dom";

import { isFault } from "../../api/problem";
import type { MutationProgress } from "../../api/query";
import { useDelayMessage } from "../../hooks/use-delay-message";
import { BusyButton } from "../../ui/busy-button";
import { errorAttributes, FieldError } from "../../ui/field-error";

interface LookupFormProps<Parsed, Found> {
  readonly words: Readonly<Record<"label" | "hint" | "submit" | "malformed", string>>;
  /** The initial value, to be corrected. */
  readonly initial?: string;
  readonly className?: string;
  /** Parses the input; undefined if it is malformed. */
  readonly parse: (typed: string) => Parsed | undefined;
  readonly lookup: MutationProgress & {
    mutate: (input: Parsed, options: { onSuccess: (found: Found, input: Parsed) => void; onError: (error: Error) => void }) => void;
    reset: () => void;
  };
  readonly onFound: (found: Found, input: Parsed) => void;
  readonly explain: (error: Error) => string;
}

/** A form with one field, which looks up its input on the server and leads on. */
export function LookupForm<Parsed, Found>(props: LookupFormProps<Parsed, Found>) {
  const { words, initial = "", className = "", parse, lookup, onFound, explain } = props;
  const [typed, setTyped] = useState(initial);
  const [error, setError] = useState<string>();
  const field = useRef<HTMLInputElement>(null);
  const id = useId();

  function refuse(message: string) {
    flushSync(() => {
      setError(message);
    });
    field.current?.focus();
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const input = parse(typed);
    if (input === undefined) {
      refuse(words.malformed);
      return;
    }
    lookup.mutate(input, {
      onSuccess: onFound,
      onError: (failed) => {
        // A fault of the server is not an error of the input.
        if (!isFault(failed)) refuse(explain(failed));
      },
    });
  }

  const fault = isFault(lookup.error) ? lookup.error : undefined;
  const delay = useDelayMessage(lookup);
  return (
    <form className="lookup-form" noValidate onSubmit={submit}>
      <div className="field">
        <label className="label" htmlFor={id}>
          {words.label}
        </label>
        <input
          ref={field}
          id={id}
          className={`input ${className}`}
          dir="ltr"
          autoCapitalize="none"
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          enterKeyHint="go"
          value={typed}
          {...errorAttributes(`${id}-error`, error, error === undefined ? `${id}-hint` : undefined)}
          onChange={(event) => {
            setTyped(event.target.value);
            setError(undefined);
            lookup.reset();
          }}
        />
        <FieldError id={`${id}-error`} message={error} />
        {error === undefined && (
          <p id={`${id}-hint`} className={fault ? "field-error" : "hint"} role="status">
            {fault ? explain(fault) : (delay ?? words.hint)}
          </p>
        )}
      </div>
      <BusyButton type="submit" className="button" busy={lookup.isPending} again={fault !== undefined}>
        {words.submit}
      </BusyButton>
    </form>
  );
}
