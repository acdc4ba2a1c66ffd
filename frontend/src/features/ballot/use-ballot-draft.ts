import { useState } from "react";

import { loadBallotDraft, saveBallotDraft } from "./ballot-draft";
import type { Choices } from "./outbox/choices";

/** The choices that were not sent in this tab, and a function that sets them. */
export function useBallotDraft(poll: string) {
  const [unsent, setUnsent] = useState(() => loadBallotDraft(poll));
  const set = (choices: Choices | undefined) => {
    saveBallotDraft(poll, choices);
    setUnsent(choices);
  };
  return [unsent, set] as const;
}
