import type { ReactNode } from "react";

import { isKeyRefused } from "../../api/problem";
import type { MutationProgress } from "../../api/query";
import { useDelayMessage } from "../../hooks/use-delay-message";
import * as strings from "../../strings";
import { errorMessage } from "../../ui/error-message";

interface ActionNoteProps {
  /** The mutation of the button. */
  readonly mutation: MutationProgress;
  /** The hint of the button. */
  readonly children?: ReactNode;
}

/** The text at a button: the message of its mutation if it is slow or failed, or else the hint. */
export function ActionNote({ mutation, children }: ActionNoteProps) {
  const message = useDelayMessage(mutation) ?? (mutation.error ? reasonOf(mutation.error) : undefined);
  return (
    <div className="action-note">
      {message === undefined && children !== undefined && <p className="hint">{children}</p>}
      <p className="field-error" role="alert">
        {message}
      </p>
    </div>
  );
}

function reasonOf(error: Error): string {
  return isKeyRefused(error) ? strings.manage.wrongKeyTitle : errorMessage(error);
}
