import { useEffect, useRef } from "react";

import { appName } from "../lib/environment";

interface Name {
  title?: string | undefined;
}

/** A page's, and above it that of a notice which stands in for it meanwhile. */
const names: Name[] = [];

/** Names the page in the tab and in the history, for as long as it is shown. */
export function useTitle(title: string | undefined): void {
  const name = useRef<Name>({});

  useEffect(() => {
    const { current } = name;
    names.push(current);
    return () => {
      names.splice(names.indexOf(current), 1);
      updateTitle();
    };
  }, []);

  useEffect(() => {
    name.current.title = title;
    updateTitle();
  }, [title]);
}

function updateTitle(): void {
  const title = names.findLast((one) => one.title !== undefined)?.title;
  document.title = title === undefined ? appName : `${title} · ${appName}`;
}
