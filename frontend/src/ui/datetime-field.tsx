import { useId, type ReactNode } from "react";

import { errorAttributes, FieldError } from "./field-error";

interface DatetimeFieldProps {
  readonly label: string;
  /** A `datetime-local` value in the device's time zone; "" for none. */
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
  readonly onLeave?: () => void;
  /** The hint. */
  readonly children: ReactNode;
}

/** A field for a date and a time. */
export function DatetimeField({ label, value, error, onChange, onLeave, children }: DatetimeFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {label}
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
        {children}
      </div>
    </div>
  );
}
