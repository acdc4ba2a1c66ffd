import { useEffect, useRef } from "react";

import { appName } from "../lib/environment";

interface Name {
  title?: string | undefined;
}

/** The page's name, and after it that of a notice shown in its place. */
const names: Name[] = [];

/** Sets the document's title while the component is mounted. */
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
