import "./option-fields.css";

import { useId, useRef, useState, type ClipboardEvent, type KeyboardEvent } from "react";
import { flushSync } from "react-dom";

import { animateFlip } from "../../lib/flip-animation";
import * as strings from "../../strings";
import { FieldError } from "../../ui/field-error";
import { type Field, type FormErrors, optionField } from "./form-errors";
import { arrow, OptionField } from "./option-field";
import { addRow, moveRow, pasteLines } from "./option-rows";
import { pasteAsOneLine } from "./paste-line";
import { listEntries } from "./pasted-list";
import { LEAST_OPTIONS, MOST_OPTIONS, type OptionRow } from "./poll-form";
import { useRowDrag } from "./use-row-drag";

type Rows = readonly OptionRow[];

interface OptionFieldsProps {
  readonly rows: Rows;
  readonly errors: FormErrors;
  /** The message about the last action, if it can be undone. */
  readonly message: string | undefined;
  readonly onType: (rows: Rows, field: Field) => void;
  /** Called when rows are added, removed or moved; with a message if that can be undone. */
  readonly onArrange: (rows: Rows, message?: string) => void;
  readonly onLeave: (field: Field) => void;
  readonly onUndo: () => void;
}

/** The numbered options: typed, pasted as a list, and moved by pointer or keyboard. */
export function OptionFields(props: OptionFieldsProps) {
  const { rows, errors, message } = props;
  const id = useId();
  const list = useRef<HTMLOListElement>(null);
  const at = useRef(0); // the row of the last action, which undo focuses
  const [moved, setMoved] = useState("");
  const drag = useRowDrag(rowElements, drop);

  function rowElements(): HTMLElement[] {
    return [...(list.current?.querySelectorAll<HTMLElement>(".option-row") ?? [])];
  }

  function focusRow(index: number, part = "textarea") {
    rowElements()[index]?.querySelector<HTMLElement>(part)?.focus();
  }

  function arrange(next: Rows, message?: string) {
    // Rendered synchronously: the row can be focused, and phones keep their keyboard open.
    flushSync(() => {
      props.onArrange(next, message);
    });
  }

  function add() {
    if (rows.length >= MOST_OPTIONS) return;
    arrange(addRow(rows));
    focusRow(rows.length);
  }

  function remove(index: number) {
    const text = rows[index]?.text.trim() ?? "";
    at.current = index;
    animateFlip(rowElements, () => {
      arrange(rows.toSpliced(index, 1), text === "" ? undefined : strings.create.removed(text));
    });
    focusRow(Math.min(index, rows.length - 2));
  }

  function move(from: number, to: number, part: string) {
    if (to < 0 || to >= rows.length || to === from) return;
    animateFlip(rowElements, () => {
      arrange(moveRow(rows, from, to));
    });
    focusRow(to, part);
    rowElements()[to]?.scrollIntoView({ block: "nearest" });
    announce(from, to);
  }

  function drop(from: number, to: number, settle: () => void) {
    animateFlip(rowElements, () => {
      settle();
      if (to !== from) arrange(moveRow(rows, from, to));
    });
    if (to === from) return;
    // After a touch the field keeps the focus and its keyboard; after a mouse the handle gets it.
    const handle = rowElements()[to]?.querySelector<HTMLElement>(".option-handle");
    if (!list.current?.contains(document.activeElement)) handle?.focus({ preventScroll: true });
    announce(from, to);
  }

  function announce(from: number, to: number) {
    const text = rows[from]?.text.trim() ?? "";
    setMoved(strings.create.moved(text === "" ? strings.create.nameless : text, to + 1, rows.length));
  }

  function paste(event: ClipboardEvent<HTMLTextAreaElement>, index: number) {
    const lines = listEntries(event.clipboardData.getData("text/plain"));
    if (lines.length < 2) {
      pasteAsOneLine(event);
      return;
    }
    event.preventDefault();
    at.current = index;
    const { value, selectionStart, selectionEnd } = event.currentTarget;
    const before = value.slice(0, selectionStart);
    const after = value.slice(selectionEnd);
    const { rows: next, last, taken, left } = pasteLines(rows, index, lines, before, after);
    arrange(
      next,
      left === 0
        ? strings.create.pasted(taken)
        : strings.create.pastedInPart(taken, left, MOST_OPTIONS),
    );
    focusRow(last);
  }

  function undo() {
    flushSync(props.onUndo);
    focusRow(at.current);
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>, index: number) {
    if (event.nativeEvent.isComposing) return;
    const isUndo = event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (event.altKey && arrow(event) !== 0) move(index, index + arrow(event), "textarea");
    else if (isUndo && message !== undefined) undo();
    else if (event.key === "Enter" && index === rows.length - 1) add();
    else if (event.key === "Enter") focusRow(index + 1);
    else return;
    event.preventDefault();
  }

  return (
    <fieldset className="field options" aria-describedby={errors.options && `${id}-error`}>
      <legend className="label">{strings.create.options}</legend>
      <ol ref={list} className="option-rows">
        {rows.map((row, index) => (
          <OptionField
            key={row.key}
            row={row}
            index={index}
            total={rows.length}
            error={errors[optionField(row)]}
            shared={
              index === 0 && errors.options !== undefined
                ? { id: `${id}-error`, error: errors.options }
                : undefined
            }
            removable={rows.length > LEAST_OPTIONS}
            moveHintId={`${id}-move`}
            handlers={drag.handlers(index)}
            wasDragged={drag.wasDragged}
            onType={(text) => {
              props.onType(rows.with(index, { ...row, text }), optionField(row));
            }}
            onLeave={() => {
              props.onLeave(optionField(row));
            }}
            onPaste={(event) => {
              paste(event, index);
            }}
            onKeyDown={(event) => {
              onKeyDown(event, index);
            }}
            onMove={(to) => {
              move(index, to, ".option-handle");
            }}
            onRemove={() => {
              remove(index);
            }}
          />
        ))}
      </ol>
      <p id={`${id}-move`} hidden>
        {strings.create.moveHint}
      </p>
      <p className="visually-hidden" role="status">
        {moved}
      </p>
      <div className="options-foot">
        {rows.length < MOST_OPTIONS && (
          <button type="button" className="button button-quiet" onClick={add}>
            {strings.create.add}
          </button>
        )}
        <FieldError id={`${id}-error`} message={errors.options} />
        <p className="hint" role="status">
          {message ?? (errors.options === undefined && footHint(rows))}
        </p>
        {message !== undefined && (
          <button type="button" className="text-button" onClick={undo}>
            {strings.create.undo}
          </button>
        )}
      </div>
    </fieldset>
  );
}

function footHint(rows: Rows): string {
  return rows.length < MOST_OPTIONS ? strings.create.pasteHint : strings.create.full(MOST_OPTIONS);
}
