import { formatAhead, timeZone } from "../../lib/format";
import * as strings from "../../strings";
import { DatetimeField } from "../../ui/datetime-field";

interface ClosingFieldProps {
  /** A `datetime-local` value, or "" for none. */
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
  readonly onLeave: () => void;
}

/** The closing time, and the time until then. An error message replaces the latter. */
export function ClosingField(props: ClosingFieldProps) {
  const { value, error } = props;
  return (
    <DatetimeField label={strings.create.closesAt} {...props}>
      {error === undefined && (
        <p className={value === "" ? undefined : "closing-distance"}>
          {value === "" ? strings.create.openEnd : strings.create.closesIn(formatAhead(new Date(value)))}
        </p>
      )}
      <p>{strings.closing.zone(timeZone())}</p>
    </DatetimeField>
  );
}
