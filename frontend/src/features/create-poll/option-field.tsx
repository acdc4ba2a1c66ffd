import { useRef, type ClipboardEvent, type DOMAttributes, type KeyboardEvent } from "react";

import * as strings from "../../strings";
import { errorAttributes, FieldError } from "../../ui/field-error";
import { CharactersLeft, runsShort } from "./characters-left";
import { LONGEST_OPTION } from "./form-errors";
import type { OptionRow } from "./poll-form";

interface OptionFieldProps {
  readonly row: OptionRow;
  readonly index: number;
  readonly total: number;
  readonly error: string | undefined;
  /** The message about all options and the id of its element, on the field that refers to it. */
  readonly shared: { readonly id: string; readonly error: string } | undefined;
  readonly removable: boolean;
  readonly moveHintId: string;
  readonly handlers: DOMAttributes<HTMLElement>;
  /** Whether the click on the handle is the end of a drag. */
  readonly wasDragged: () => boolean;
  readonly onType: (text: string) => void;
  readonly onLeave: () => void;
  readonly onPaste: (event: ClipboardEvent<HTMLTextAreaElement>) => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLTextAreaElement>) => void;
  readonly onMove: (to: number) => void;
  readonly onRemove: () => void;
}

/** An option: its number, its text, a handle to move it and a button to remove it. */
export function OptionField(props: OptionFieldProps) {
  const { row, index, total, error, shared, handlers } = props;
  const place = useRef<HTMLSelectElement>(null);
  const id = `option-${row.key}`;
  const errorId = error === undefined && shared ? shared.id : `${id}-error`;
  const short = runsShort(row.text, LONGEST_OPTION);

  function choosePlace() {
    const select = place.current;
    if (select === null || props.wasDragged()) return;
    // Opens the list of positions beside the handle instead of the number.
    select.dataset.opened = "";
    select.focus({ preventScroll: true });
    // Browsers without showPicker() open it only by a tap on the number.
    if ("showPicker" in select) select.showPicker();
  }

  return (
    <li className="option-row" data-place={index + 1}>
      <select
        ref={place}
        className="option-place"
        tabIndex={-1}
        aria-label={strings.create.place(index + 1)}
        value={index}
        onChange={(event) => {
          props.onMove(Number(event.target.value));
        }}
        onBlur={(event) => {
          delete event.target.dataset.opened;
        }}
      >
        {Array.from({ length: total }, (_, at) => (
          <option key={at} value={at}>
            {at + 1}
          </option>
        ))}
      </select>
      <textarea
        className="input option-text"
        rows={1}
        dir="auto"
        enterKeyHint="next"
        aria-label={strings.create.option(index + 1)}
        aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
        value={row.text}
        {...errorAttributes(errorId, error ?? shared?.error, short ? `${id}-left` : undefined)}
        onChange={(event) => {
          props.onType(event.target.value.replaceAll("\n", " "));
        }}
        onBlur={props.onLeave}
        onPaste={props.onPaste}
        onKeyDown={props.onKeyDown}
      />
      <button
        type="button"
        className="option-button option-handle"
        aria-label={strings.create.move(index + 1)}
        aria-describedby={props.moveHintId}
        {...handlers}
        onClick={choosePlace}
        onKeyDown={(event) => {
          const by = arrow(event);
          if (by === 0) return;
          event.preventDefault();
          props.onMove(index + by);
        }}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M5.5 3h0M10.5 3h0M5.5 8h0M10.5 8h0M5.5 13h0M10.5 13h0" />
        </svg>
      </button>
      {props.removable && (
        <button
          type="button"
          className="option-button option-remove"
          aria-label={strings.create.remove(index + 1)}
          onClick={props.onRemove}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M3 3l10 10M13 3L3 13" />
          </svg>
        </button>
      )}
      <CharactersLeft id={`${id}-left`} text={row.text} most={LONGEST_OPTION} />
      <FieldError id={`${id}-error`} message={error} />
    </li>
  );
}

/** The direction of an arrow key: -1 up, 1 down, 0 for any other key. */
export function arrow({ key }: KeyboardEvent): number {
  return Number(key === "ArrowDown") - Number(key === "ArrowUp");
}
