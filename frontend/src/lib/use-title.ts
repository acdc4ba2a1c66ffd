import { useEffect } from "react";

import { appName } from "../environment";

/** Names the page in the tab and in the history, for as long as it is shown. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    const before = document.title;
    document.title = title === undefined ? appName : `${title} · ${appName}`;
    return () => {
      document.title = before;
    };
  }, [title]);
}
