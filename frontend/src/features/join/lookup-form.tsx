import "./lookup-form.css";

import { useId, useRef, useState, type SubmitEvent } from "react";
import { flushSync } from "react-dom";

import { isFault } from "../../api/problem";
import type { MutationProgress } from "../../api/query";
import { useDelayMessage } from "../../hooks/use-delay-message";
import { BusyButton } from "../../ui/busy-button";
import { errorAttributes, FieldError } from "../../ui/field-error";

interface LookupFormProps<Read, Found> {
  readonly words: Readonly<Record<"label" | "hint" | "submit" | "malformed", string>>;
  /** What was typed before, to be mended. */
  readonly initial?: string;
  readonly className?: string;
  /** Reads what was typed; undefined where it cannot be what is asked for. */
  readonly read: (typed: string) => Read | undefined;
  readonly ask: MutationProgress & {
    mutate: (read: Read, told: { onSuccess: (found: Found, read: Read) => void; onError: (error: Error) => void }) => void;
    reset: () => void;
  };
  readonly onFound: (found: Found, read: Read) => void;
  readonly explain: (error: Error) => string;
}

/** One field that leads on, once the server knows what was typed or pasted into it. */
export function LookupForm<Read, Found>(props: LookupFormProps<Read, Found>) {
  const { words, initial = "", className = "", read, ask, onFound, explain } = props;
  const [typed, setTyped] = useState(initial);
  const [error, setError] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  const id = useId();

  function refuse(message: string) {
    flushSync(() => {
      setError(message);
    });
    input.current?.focus();
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const found = read(typed);
    if (found === undefined) {
      refuse(words.malformed);
      return;
    }
    ask.mutate(found, {
      onSuccess: onFound,
      onError: (failed) => {
        // What the server fails at is no fault of what was typed.
        if (!isFault(failed)) refuse(explain(failed));
      },
    });
  }

  const fault = isFault(ask.error) ? ask.error : undefined;
  const delay = useDelayMessage(ask);
  return (
    <form className="lead-form" noValidate onSubmit={submit}>
      <div className="field">
        <label className="label" htmlFor={id}>
          {words.label}
        </label>
        <input
          ref={input}
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
            ask.reset();
          }}
        />
        <FieldError id={`${id}-error`} message={error} />
        {error === undefined && (
          <p id={`${id}-hint`} className={fault ? "field-error" : "hint"} role="status">
            {fault ? explain(fault) : (delay ?? words.hint)}
          </p>
        )}
      </div>
      <BusyButton type="submit" className="button" busy={ask.isPending} again={fault !== undefined}>
        {words.submit}
      </BusyButton>
    </form>
  );
}
