import type { CSSProperties } from "react";

import { fontScale } from "../../lib/text-width";
import * as strings from "../../strings";

const MAX_NAMED = 3;

/** The option with the most votes of a closed poll, or several that are tied. */
export function Winner({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <p className="winner headline">{strings.present.noVotes}</p>;
  const ease = { "--ease": fontScale(names.length > MAX_NAMED ? "" : names.join(", ")) } as CSSProperties;
  return (
    <div className="winner" style={ease}>
      <p className="label">{strings.present.most}</p>
      <p className="winner-name">
        {names.length > MAX_NAMED ? strings.present.tied(names.length) : <Names names={names} />}
      </p>
    </div>
  );
}

/** The names as a list of the language, each in its own text direction. */
function Names({ names }: { names: readonly string[] }) {
  return strings.present
    .joined(names)
    .map(({ type, value }, place) =>
      type === "element" ? <bdi key={place}>{value}</bdi> : <span key={place}>{value}</span>,
    );
}
