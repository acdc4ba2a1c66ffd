import { useId } from "react";

import * as strings from "../../strings";
import type { Mark } from "./ballot-state";

interface BallotOptionProps {
  readonly name: string;
  readonly label: string;
  readonly multiple: boolean;
  readonly checked: boolean;
  /** The state of this choice; undefined if it was not chosen. */
  readonly mark: Mark | undefined;
  readonly onChange: (checked: boolean) => void;
}

/**
 * An option of the ballot. The whole line can be tapped, and a choice is drawn as a cross, in pencil
 * until it is counted.
 */
export function BallotOption({ name, label, multiple, checked, mark, onChange }: BallotOptionProps) {
  const id = useId();
  return (
    <label className="ballot-option" data-mark={mark}>
      <input
        type={multiple ? "checkbox" : "radio"}
        name={name}
        checked={checked}
        aria-labelledby={`${id}-label`}
        aria-describedby={`${id}-mark`}
        onChange={({ target }) => {
          // The fixed footer may cover part of the line.
          target.scrollIntoView({ block: "nearest" });
          onChange(target.checked);
        }}
      />
      <span className={multiple ? "ballot-box" : "ballot-box ballot-box-round"}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path pathLength="1" d="M6 7.5C12 13 19 20 26.5 25.5" />
          <path pathLength="1" d="M26 6C19.5 12.5 12.5 19 5.5 26.5" />
        </svg>
      </span>
      <span id={`${id}-label`} className="ballot-label" dir="auto">
        {label}
      </span>
      <span id={`${id}-mark`} className="ballot-mark">
        {mark && strings.ballot.marks[mark]}
      </span>
    </label>
  );
}
