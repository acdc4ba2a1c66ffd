import { formatAhead, timeZone } from "../../lib/format";
import * as strings from "../../strings";
import { DatetimeField } from "../../ui/datetime-field";

interface ClosingFieldProps {
  /** A `datetime-local` value, or "" for an open end. */
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
  readonly onLeave: () => void;
}

/** When the poll closes, and how far away that is. A mistake takes the place of that distance. */
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
