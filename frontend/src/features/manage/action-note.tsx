import type { ReactNode } from "react";

import { refusesKey, type Sending } from "../../api/polls";
import { explain } from "../../ui/error-message";
import { useDelay } from "../../hooks/use-delay-message";
import * as strings from "../../strings";

interface ActionNoteProps {
  /** What the button sends. */
  readonly of: Sending;
  /** What there is to know about the button. */
  readonly children?: ReactNode;
}

/** The words at a button. That it fails takes the place of what else there is to know about it. */
export function ActionNote({ of, children }: ActionNoteProps) {
  const said = useDelay(of) ?? (of.error ? why(of.error) : undefined);
  return (
    <div className="action-note">
      {said === undefined && children !== undefined && <p className="hint">{children}</p>}
      <p className="field-error" role="alert">
        {said}
      </p>
    </div>
  );
}

function why(error: Error): string {
  return refusesKey(error) ? strings.manage.wrongKeyTitle : explain(error);
}
