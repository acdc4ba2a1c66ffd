import type { ReactNode } from "react";

import { isKeyRefused } from "../../api/problem";
import type { MutationProgress } from "../../api/query";
import { useDelayMessage } from "../../hooks/use-delay-message";
import * as strings from "../../strings";
import { errorMessage } from "../../ui/error-message";

interface ActionNoteProps {
  /** What the button sends. */
  readonly of: MutationProgress;
  /** What there is to know about the button. */
  readonly children?: ReactNode;
}

/** The words at a button. That it fails takes the place of what else there is to know about it. */
export function ActionNote({ of, children }: ActionNoteProps) {
  const said = useDelayMessage(of) ?? (of.error ? why(of.error) : undefined);
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
  return isKeyRefused(error) ? strings.manage.wrongKeyTitle : errorMessage(error);
}
