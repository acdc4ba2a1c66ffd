import "./create.css";

import { useEffect, useRef, useState, type SubmitEvent } from "react";
import { flushSync } from "react-dom";
import { Link, useLocation } from "wouter";

import { isFault, Problem } from "../api/problem";
import { watchCancelledPolls } from "../features/create-poll/cancelled-polls";
import { ClosingField } from "../features/create-poll/closing-field";
import { useCreatePoll } from "../features/create-poll/create-poll";
import { clearDraft, draftToken, loadDraft } from "../features/create-poll/drafts";
import { type Field, type FormErrors, placeErrors } from "../features/create-poll/form-errors";
import { OptionFields } from "../features/create-poll/option-fields";
import {
  EMPTY_FORM,
  isBlank,
  type PollForm,
  toNewPoll,
  VISIBILITIES,
} from "../features/create-poll/poll-form";
import { QuestionField } from "../features/create-poll/question-field";
import { useDraft } from "../features/create-poll/use-draft";
import { usePollForm } from "../features/create-poll/use-poll-form";
import { KnownPolls } from "../features/manage/known-polls";
import { prefetchComponent } from "../hooks/lazy-component";
import { useDelayMessage } from "../hooks/use-delay-message";
import { useFlashMessage, withFlashMessage } from "../hooks/use-flash-message";
import { useTitle } from "../hooks/use-title";
import { addresses } from "../lib/addresses";
import { afterPointerUp } from "../lib/after-pointer-up";
import { remember } from "../lib/known-polls";
import * as strings from "../strings";
import { BusyButton } from "../ui/busy-button";
import { errorMessage } from "../ui/error-message";
import { RadioGroup } from "../ui/radio-group";
import type { PageProps } from "./page-props";

const CHOICES = [
  { value: false, label: strings.create.one },
  { value: true, label: strings.create.several },
];
const RESULTS = VISIBILITIES.map((value) => ({ value, label: strings.create.resultsWhen[value] }));

/** Milliseconds; a missing chunk is not a reason to reload the page here. */
const DELETE_AGAIN = 15_000;

/** Deletes a poll whose creation was cancelled, which is rare: its code is loaded on demand. */
function deleteCancelled(token: string): void {
  import("../features/create-poll/delete-cancelled-poll").then(
    (module) => module.deleteCancelledPoll(token),
    () => setTimeout(deleteCancelled, DELETE_AGAIN, token),
  );
}

export default function CreatePage({ nextFile }: PageProps) {
  const [draft] = useState(loadDraft);
  const { form, errors, last, ...fields } = usePollForm(draft ?? EMPTY_FORM);
  const [submitted, setSubmitted] = useState(false);
  const create = useCreatePoll();
  const { reset } = create;
  const delay = useDelayMessage(create);
  const sending = useRef<AbortController>(undefined);
  const [, navigate] = useLocation();
  const formElement = useRef<HTMLFormElement>(null);
  const message = useFlashMessage();
  useTitle(undefined);
  useDraft(form);
  useEffect(() => watchCancelledPolls(deleteCancelled), []);

  // A change, or leaving the page, cancels a request that is under way.
  useEffect(
    () => () => {
      if (sending.current === undefined) return;
      sending.current.abort();
      sending.current = undefined;
      reset();
    },
    [form, reset],
  );

  function focusOn(selector: string) {
    formElement.current?.querySelector<HTMLElement>(selector)?.focus();
  }

  function focusFirstError() {
    setSubmitted(true);
    focusOn('[aria-invalid="true"]');
  }

  function leave(field: Field) {
    afterPointerUp(() => {
      fields.leave(field);
    });
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    if (create.isPending) return;
    // Rendered synchronously, so that the first invalid field can be focused.
    if (!flushSync(fields.check)) {
      focusFirstError();
      return;
    }
    if (nextFile) prefetchComponent(nextFile); // while the server answers
    sending.current = new AbortController();
    const { signal } = sending.current;
    create.mutate({ body: toNewPoll(form), token: draftToken(form), signal }, {
      onSuccess: (poll) => {
        clearDraft();
        remember({ id: poll.id, key: poll.manage_key, question: poll.question });
        navigate(addresses.manage(poll.id, poll.manage_key), withFlashMessage("created"));
      },
      onError: (error) => {
        flushSync(() => {
          fields.refuse(explainAt(form, error));
        });
        focusFirstError();
      },
    });
  }

  function undoClear() {
    flushSync(fields.undo);
    focusOn("textarea");
  }

  function startOver() {
    flushSync(() => {
      fields.startOver(strings.create.cleared);
    });
    focusOn("textarea");
  }

  const cleared = last?.place === "form" ? last.message : undefined;
  const marked = Object.keys(errors).some((field) => field !== "form");

  return (
    <div className="page create">
      {message === "deleted" && (
        <p className="note" role="status">
          {strings.create.deleted}
        </p>
      )}
      <form ref={formElement} noValidate onSubmit={submit}>
        <QuestionField
          value={form.question}
          error={errors.question}
          onType={(question) => {
            fields.type({ question }, "question");
          }}
          onLeave={() => {
            leave("question");
          }}
          onDone={() => {
            focusOn(".option-row textarea");
          }}
        >
          <p className="hint draft" role="status">
            {cleared ?? (draft && !isBlank(form) && strings.create.restored)}
          </p>
          {cleared !== undefined && (
            <button type="button" className="text-button" onClick={undoClear}>
              {strings.create.undo}
            </button>
          )}
          {!isBlank(form) && (
            <button type="button" className="text-button" onClick={startOver}>
              {strings.create.startOver}
            </button>
          )}
        </QuestionField>

        <OptionFields
          rows={form.options}
          errors={errors}
          message={last?.place === "options" ? last.message : undefined}
          onType={(options, field) => {
            fields.type({ options }, field, "options");
          }}
          onArrange={fields.arrange}
          onLeave={leave}
          onUndo={fields.undo}
        />

        <div className="create-settings">
          <RadioGroup
            legend={strings.create.choice}
            choices={CHOICES}
            value={form.multiple}
            onChange={(multiple) => {
              fields.type({ multiple });
            }}
          />
          <RadioGroup
            legend={strings.create.results}
            choices={RESULTS}
            value={form.results}
            hint={strings.create.resultsHint[form.results]}
            onChange={(results) => {
              fields.type({ results });
            }}
          />
          <ClosingField
            value={form.closesAt}
            error={errors.closesAt}
            onChange={(closesAt) => {
              fields.type({ closesAt }, "closesAt");
            }}
            onLeave={() => {
              leave("closesAt");
            }}
          />
        </div>

        <div className="create-send">
          <BusyButton
            type="submit"
            className="button button-large"
            busy={create.isPending}
            again={isFault(create.error)}
          >
            {create.isPending ? strings.create.sending : strings.create.submit}
          </BusyButton>
          <p className="field-error" role="alert">
            {delay ?? errors.form ?? (submitted && marked && strings.invalid.summary)}
          </p>
        </div>
      </form>
      <KnownPolls />
      <footer className="create-foot">
        <Link className="link" to={addresses.status}>
          {strings.create.statusLink}
        </Link>
      </footer>
    </div>
  );
}

function explainAt(form: PollForm, error: Error): FormErrors {
  const placed = error instanceof Problem && error.fields.length > 0;
  return placed ? placeErrors(form, error.fields) : { form: errorMessage(error) };
}
