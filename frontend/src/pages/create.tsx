import "./create.css";

import { useId, useRef, useState, type SubmitEvent } from "react";
import { flushSync } from "react-dom";
import { useLocation } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";

import { useCreatePoll } from "../api/polls";
import { Problem } from "../api/problem";
import { errorAttributes, FieldError } from "../components/field-error";
import { KnownPolls } from "../components/known-polls";
import { OptionFields } from "../components/option-fields";
import { addresses } from "../lib/addresses";
import { timeZone } from "../lib/format";
import { remember } from "../lib/known-polls";
import { EMPTY_FORM, findErrors, placeErrors, toNewPoll, type FormErrors } from "../lib/poll-form";
import { useTitle } from "../lib/use-title";
import { strings } from "../strings";

const NO_ERRORS: FormErrors = { option: {} };

export default function CreatePage() {
  const [form, setForm] = useState(EMPTY_FORM);
  const [errors, setErrors] = useState(NO_ERRORS);
  const create = useCreatePoll();
  const [, navigate] = useLocation();
  const formElement = useRef<HTMLFormElement>(null);
  const state = useHistoryState<{ deleted?: boolean } | null>();
  const id = useId();
  useTitle(undefined);

  function show(found: FormErrors) {
    // Rendered at once, so that the fields are marked: take the writer to the first one.
    flushSync(() => {
      setErrors(found);
    });
    formElement.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const found = findErrors(form);
    if (found) {
      show(found);
      return;
    }
    setErrors(NO_ERRORS);
    create.mutate(toNewPoll(form), {
      onSuccess: (poll) => {
        remember({ id: poll.id, key: poll.manage_key, question: poll.question });
        navigate(addresses.manage(poll.id, poll.manage_key), { state: { created: true } });
      },
      onError: (error) => {
        show(explain(error));
      },
    });
  }

  function explain(error: Error): FormErrors {
    if (!(error instanceof Problem)) return { option: {}, form: strings.trouble.unexpected };
    if (error.errors.length > 0) return placeErrors(form, error.errors);
    const form_ = error.passing ? strings.trouble.unreachable : error.message;
    return { option: {}, form: form_ === "" ? strings.trouble.unexpected : form_ };
  }

  const marked = Boolean(
    errors.question ?? errors.options ?? errors.closesAt ?? Object.values(errors.option)[0],
  );

  return (
    <div className="page create">
      {state?.deleted && (
        <p className="note" role="status">
          {strings.create.deleted}
        </p>
      )}
      <form ref={formElement} noValidate onSubmit={submit}>
        <div className="field">
          <h1 className="label">
            <label htmlFor={`${id}-question`}>{strings.create.question}</label>
          </h1>
          <textarea
            id={`${id}-question`}
            className="input input-question"
            rows={1}
            dir="auto"
            placeholder={strings.create.questionPlaceholder}
            value={form.question}
            {...errorAttributes(`${id}-question-error`, errors.question)}
            onKeyDown={(event) => {
              // A question is one line; Enter goes on to the answers.
              if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
              event.preventDefault();
              formElement.current?.querySelector<HTMLElement>(".option-row input")?.focus();
            }}
            onChange={(event) => {
              setForm({ ...form, question: event.target.value.replaceAll("\n", " ") });
            }}
          />
          <FieldError id={`${id}-question-error`} message={errors.question} />
        </div>

        <OptionFields
          rows={form.options}
          errors={errors.option}
          error={errors.options}
          onChange={(options) => {
            setForm({ ...form, options });
          }}
        />

        <div className="create-settings">
          <fieldset className="field">
            <legend className="label">{strings.create.choice}</legend>
            <div className="segments">
              {[false, true].map((multiple) => (
                <label key={String(multiple)} className="segment">
                  <input
                    type="radio"
                    name={`${id}-multiple`}
                    checked={form.multiple === multiple}
                    onChange={() => {
                      setForm({ ...form, multiple });
                    }}
                  />
                  <span>{multiple ? strings.create.several : strings.create.one}</span>
                </label>
              ))}
            </div>
          </fieldset>

          <div className="field">
            <label className="label" htmlFor={`${id}-closes`}>
              {strings.create.closesAt}
            </label>
            <input
              id={`${id}-closes`}
              className="input"
              type="datetime-local"
              value={form.closesAt}
              {...errorAttributes(`${id}-closes-error`, errors.closesAt, `${id}-closes-hint`)}
              onChange={(event) => {
                setForm({ ...form, closesAt: event.target.value });
              }}
            />
            <p id={`${id}-closes-hint`} className="hint">
              {strings.create.closesAtHint(timeZone())}
            </p>
            <FieldError id={`${id}-closes-error`} message={errors.closesAt} />
          </div>
        </div>

        <div className="create-send">
          <button type="submit" className="button button-large" disabled={create.isPending}>
            {create.isPending ? strings.create.sending : strings.create.submit}
          </button>
          <p className="field-error" role="alert">
            {errors.form ?? (marked && strings.invalid.summary)}
          </p>
        </div>
      </form>
      <KnownPolls />
    </div>
  );
}
