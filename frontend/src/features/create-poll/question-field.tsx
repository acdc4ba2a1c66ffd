import { useId, type CSSProperties, type ReactNode } from "react";

import { fontScale } from "../../lib/text-width";
import * as strings from "../../strings";
import { errorAttributes, FieldError } from "../../ui/field-error";
import { CharactersLeft, runsShort } from "./characters-left";
import { LONGEST_QUESTION } from "./form-errors";
import { pasteAsOneLine } from "./paste-line";

interface QuestionFieldProps {
  readonly value: string;
  readonly error: string | undefined;
  readonly onType: (value: string) => void;
  readonly onLeave: () => void;
  /** Called on Enter, since a question is one line. */
  readonly onDone: () => void;
  /** Shown at the end of the label's line. */
  readonly children: ReactNode;
}

/** The question, in the font size that the poll shows it in. */
export function QuestionField(props: QuestionFieldProps) {
  const { value, error } = props;
  const id = useId();
  const short = runsShort(value, LONGEST_QUESTION);
  return (
    <div className="field">
      <div className="question-head">
        <h1 className="label">
          <label htmlFor={id}>{strings.create.question}</label>
        </h1>
        {props.children}
      </div>
      <textarea
        id={id}
        className="input input-question"
        rows={1}
        dir="auto"
        placeholder={strings.create.questionPlaceholder}
        value={value}
        style={{ "--ease": fontScale(value) } as CSSProperties}
        {...errorAttributes(`${id}-error`, error, short ? `${id}-left` : undefined)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
          event.preventDefault();
          props.onDone();
        }}
        onPaste={pasteAsOneLine}
        onChange={(event) => {
          props.onType(event.target.value.replaceAll("\n", " "));
        }}
        onBlur={props.onLeave}
      />
      <div className="question-foot">
        <FieldError id={`${id}-error`} message={error} />
        <CharactersLeft id={`${id}-left`} text={value} most={LONGEST_QUESTION} />
      </div>
    </div>
  );
}
