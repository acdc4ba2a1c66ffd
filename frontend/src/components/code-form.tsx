import "./code-form.css";

import { useId, useRef, useState, type SubmitEvent } from "react";
import { flushSync } from "react-dom";
import { useLocation } from "wouter";

import { useFindPoll } from "../api/finding";
import { isGone } from "../api/polls";
import { isFault } from "../api/problem";
import { addresses } from "../lib/addresses";
import { explain } from "../lib/explain";
import { pollCode } from "../lib/poll-code";
import { useDelay } from "../lib/use-delay";
import * as strings from "../strings";
import { BusyButton } from "./busy-button";
import { errorAttributes, FieldError } from "./field-error";

/**
 * Leads to a poll whose code is typed by hand.
 * @param initial what was typed before, to be mended
 */
export function CodeForm({ initial }: { initial: string }) {
  const [typed, setTyped] = useState(initial);
  const [error, setError] = useState<string>();
  const find = useFindPoll();
  const [, navigate] = useLocation();
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
    const code = pollCode(typed);
    if (code === undefined) {
      refuse(strings.code.malformed);
      return;
    }
    find.mutate(code, {
      onSuccess: (poll) => {
        navigate(addresses.vote(poll.id));
      },
      onError: (failed) => {
        refuse(isGone(failed) ? strings.code.unknown : explain(failed));
      },
    });
  }

  const hint = useDelay(find) ?? strings.code.hint;
  return (
    <form className="code-form" noValidate onSubmit={submit}>
      <div className="field">
        <label className="label" htmlFor={id}>
          {strings.code.label}
        </label>
        <input
          ref={input}
          id={id}
          className="input code-input"
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
            find.reset();
          }}
        />
        <FieldError id={`${id}-error`} message={error} />
        {error === undefined && (
          <p id={`${id}-hint`} className="hint" role="status">
            {hint}
          </p>
        )}
      </div>
      <BusyButton type="submit" className="button" busy={find.isPending} again={isFault(find.error)}>
        {strings.code.submit}
      </BusyButton>
    </form>
  );
}
