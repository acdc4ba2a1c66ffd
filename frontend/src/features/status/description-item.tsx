import type { ReactNode } from "react";

import * as strings from "../../strings";

interface DescriptionItemProps {
  readonly name: string;
  /** Whether this is what is wrong. */
  readonly bad?: boolean;
  readonly children: ReactNode;
}

/** A term of a definition list; nothing to tell is told, too. */
export function DescriptionItem({ name, bad = false, children }: DescriptionItemProps) {
  const known = children !== null && children !== false && children !== undefined;
  return (
    <div className="fact" data-bad={bad} data-known={known}>
      <dt className="label">{name}</dt>
      <dd className={known ? "numeral" : "hint"}>{known ? children : strings.status.unknown}</dd>
    </div>
  );
}
