import { useId, useRef } from "react";
import { flushSync } from "react-dom";

import { MOST_OPTIONS, type OptionRow } from "../lib/poll-form";
import { strings } from "../strings";
import { errorAttributes, FieldError } from "./field-error";

interface OptionFieldsProps {
  readonly rows: readonly OptionRow[];
  /** Messages by row key. */
  readonly errors: Readonly<Record<number, string>>;
  /** A message about the answers as a whole. */
  readonly error: string | undefined;
  readonly onChange: (rows: readonly OptionRow[]) => void;
}

/** The numbered answers: Enter goes to the next one, and from the last adds another. */
export function OptionFields({ rows, errors, error, onChange }: OptionFieldsProps) {
  const id = useId();
  const list = useRef<HTMLOListElement>(null);

  function focusRow(index: number) {
    list.current?.querySelectorAll("input")[index]?.focus();
  }

  function change(next: readonly OptionRow[], focused: number) {
    // Rendered at once, so that the row is there to be focused and phones keep their keyboard up.
    flushSync(() => {
      onChange(next);
    });
    focusRow(focused);
  }

  function add() {
    if (rows.length >= MOST_OPTIONS) return;
    const key = Math.max(0, ...rows.map((row) => row.key)) + 1;
    change([...rows, { key, text: "" }], rows.length);
  }

  function remove(index: number) {
    change(rows.filter((_, at) => at !== index), Math.min(index, rows.length - 2));
  }

  return (
    <fieldset className="field options" aria-describedby={error && `${id}-error`}>
      <legend className="label">{strings.create.options}</legend>
      <ol ref={list} className="option-rows">
        {rows.map((row, index) => {
          const message = errors[row.key] ?? (index === 0 ? error : undefined);
          const errorId = row.key in errors ? `${id}-${row.key}-error` : `${id}-error`;
          return (
            <li key={row.key} className="option-row">
              <span className="numeral option-number" aria-hidden="true">
                {index + 1}
              </span>
              <input
                className="input"
                type="text"
                dir="auto"
                autoComplete="off"
                enterKeyHint="next"
                aria-label={strings.create.option(index + 1)}
                value={row.text}
                {...errorAttributes(errorId, message)}
                onChange={(event) => {
                  const { value } = event.target;
                  onChange(rows.map((other) => (other.key === row.key ? { ...row, text: value } : other)));
                }}
                onKeyDown={(event) => {
                  if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
                  event.preventDefault();
                  if (index === rows.length - 1) add();
                  else focusRow(index + 1);
                }}
              />
              {rows.length > 2 && (
                <button
                  type="button"
                  className="option-remove"
                  aria-label={strings.create.remove(index + 1)}
                  onClick={() => {
                    remove(index);
                  }}
                >
                  <svg viewBox="0 0 16 16" aria-hidden="true">
                    <path d="M3 3l10 10M13 3L3 13" />
                  </svg>
                </button>
              )}
              <FieldError id={`${id}-${row.key}-error`} message={errors[row.key]} />
            </li>
          );
        })}
      </ol>
      <FieldError id={`${id}-error`} message={error} />
      {rows.length < MOST_OPTIONS ? (
        <button type="button" className="button button-quiet" onClick={add}>
          {strings.create.add}
        </button>
      ) : (
        <p className="hint">{strings.create.full(MOST_OPTIONS)}</p>
      )}
    </fieldset>
  );
}
