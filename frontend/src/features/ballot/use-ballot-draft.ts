import { useState } from "react";

import type { Choices } from "./choices";
import { keepUnsent, unsentChoices } from "./ballot-draft";

/** The crosses that this tab's voter has made and not sent, and a function that sets them. */
export function useUnsent(poll: string) {
  const [unsent, setUnsent] = useState(() => unsentChoices(poll));
  const set = (choices: Choices | undefined) => {
    keepUnsent(poll, choices);
    setUnsent(choices);
  };
  return [unsent, set] as const;
}
