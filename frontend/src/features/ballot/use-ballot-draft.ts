import { useState } from "react";

import { loadBallotDraft, saveBallotDraft } from "./ballot-draft";
import type { Choices } from "./choices";

/** The crosses that this tab's voter has made and not sent, and a function that sets them. */
export function useBallotDraft(poll: string) {
  const [unsent, setUnsent] = useState(() => loadBallotDraft(poll));
  const set = (choices: Choices | undefined) => {
    saveBallotDraft(poll, choices);
    setUnsent(choices);
  };
  return [unsent, set] as const;
}
