import { useEffect, useState } from "react";

/** What one page has to say on the next. */
export type FlashMessage = "created" | "deleted";

/** The news that the page before has left for this one: once, not whenever it is loaded again. */
export function useFlashMessage(): FlashMessage | undefined {
  const [news] = useState(() => (history.state as { news?: FlashMessage } | null)?.news);

  useEffect(() => {
    if (news !== undefined) history.replaceState(null, "");
  }, [news]);

  return news;
}

/** Leaves news: the options of a navigation. */
export function withFlashMessage(news: FlashMessage) {
  return { state: { news } };
}
