import { useEffect, useRef } from "react";

import { saveDraft, watchDraft } from "./drafts";
import type { PollForm } from "./poll-form";

/** Stores the form as a draft after each change. */
export function useDraft(form: PollForm): void {
  const kept = useRef(form);

  useEffect(() => {
    if (kept.current === form) return;
    kept.current = form;
    saveDraft(form);
  }, [form]);

  useEffect(() => watchDraft(() => kept.current), []);
}
