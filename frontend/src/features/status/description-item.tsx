import type { ReactNode } from "react";

import * as strings from "../../strings";

interface DescriptionItemProps {
  readonly name: string;
  /** Whether the value is a problem. */
  readonly bad?: boolean;
  readonly children: ReactNode;
}

/** A term and its value in a description list; shows when the value is unknown. */
export function DescriptionItem({ name, bad = false, children }: DescriptionItemProps) {
  const known = children !== null && children !== false && children !== undefined;
  return (
    <div className="description-item" data-bad={bad} data-known={known}>
      <dt className="label">{name}</dt>
      <dd className={known ? "numeral" : "hint"}>{known ? children : strings.status.unknown}</dd>
    </div>
  );
}
