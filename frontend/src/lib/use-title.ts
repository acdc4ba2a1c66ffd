import { useEffect } from "react";

import { appName } from "../environment";

/** Names the page in the tab and in the history. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title === undefined ? appName : `${title} · ${appName}`;
  }, [title]);
}
