import { useId } from "react";

interface RadioGroupProps<Value> {
  readonly legend: string;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly value: Value;
  readonly hint?: string;
  readonly onChange: (value: Value) => void;
}

/** A choice of one among a few options, all visible. */
export function RadioGroup<Value>({ legend, choices, value, hint, onChange }: RadioGroupProps<Value>) {
  const id = useId();
  return (
    <fieldset className="field" aria-describedby={hint && `${id}-hint`}>
      <legend className="label">{legend}</legend>
      <div className={`radio-group radio-group-${choices.length}`}>
        {choices.map(({ value: one, label }) => (
          <label key={label} className="radio-option">
            <input
              type="radio"
              name={id}
              checked={one === value}
              onChange={() => {
                onChange(one);
              }}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
      {hint && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
    </fieldset>
  );
}
