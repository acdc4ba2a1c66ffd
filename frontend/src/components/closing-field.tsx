import { useId } from "react";

import { formatAhead, timeZone } from "../lib/format";
import { strings } from "../strings";
import { errorAttributes, FieldError } from "./field-error";

interface ClosingFieldProps {
  /** A `datetime-local` value, or "" for an open end. */
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
  readonly onLeave: () => void;
}

/** When the poll closes, and how far away that is. A mistake takes the place of that distance. */
export function ClosingField({ value, error, onChange, onLeave }: ClosingFieldProps) {
  const id = useId();
  const moment = new Date(value);
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {strings.create.closesAt}
      </label>
      <input
        id={id}
        className="input"
        type="datetime-local"
        max="9999-12-31T23:59"
        value={value}
        {...errorAttributes(`${id}-error`, error, `${id}-hint`)}
        onChange={(event) => {
          onChange(event.target.value);
        }}
        onBlur={onLeave}
      />
      <FieldError id={`${id}-error`} message={error} />
      <div id={`${id}-hint`} className="hint">
        {error === undefined && (
          <p className={value === "" ? undefined : "closing-distance"}>
            {value === "" ? strings.create.openEnd : strings.create.closesIn(formatAhead(moment))}
          </p>
        )}
        <p>{strings.create.zone(timeZone())}</p>
      </div>
    </div>
  );
}
