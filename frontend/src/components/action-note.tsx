import type { ReactNode } from "react";

import { isDelayed, refusesKey, type Sending } from "../api/polls";
import { explain } from "../lib/explain";
import { strings } from "../strings";

interface ActionNoteProps {
  /** What the button sends. */
  readonly of: Sending;
  /** What there is to know about the button. */
  readonly children?: ReactNode;
}

/** The words at a button. That it fails takes the place of what else there is to know about it. */
export function ActionNote({ of, children }: ActionNoteProps) {
  const said = saidOf(of);
  return (
    <div className="action-note">
      {said === undefined && children !== undefined && <p className="hint">{children}</p>}
      <p className="field-error" role="alert">
        {said}
      </p>
    </div>
  );
}

function saidOf(sending: Sending): string | undefined {
  const { error, isPending } = sending;
  if (isPending) return isDelayed(sending) ? strings.trouble.away : undefined;
  if (error === null) return undefined;
  if (refusesKey(error)) return strings.manage.wrongKeyTitle;
  return explain(error);
}
