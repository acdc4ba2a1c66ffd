import type { CSSProperties } from "react";

import { fontScale } from "../../lib/text-width";
import * as strings from "../../strings";

const NAMED = 3;

/** Who has the most votes of a poll that is closed, in large letters. */
export function Winner({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <p className="outcome headline">{strings.present.nobody}</p>;
  const ease = { "--ease": fontScale(names.length > NAMED ? "" : names.join(", ")) } as CSSProperties;
  return (
    <div className="outcome" style={ease}>
      <p className="label">{strings.present.most}</p>
      <p className="outcome-name">
        {names.length > NAMED ? strings.present.tied(names.length) : <Names names={names} />}
      </p>
    </div>
  );
}

/** Each in its own direction, joined as the language joins them. */
function Names({ names }: { names: readonly string[] }) {
  return strings.present
    .joined(names)
    .map(({ type, value }, place) =>
      type === "element" ? <bdi key={place}>{value}</bdi> : <span key={place}>{value}</span>,
    );
}
