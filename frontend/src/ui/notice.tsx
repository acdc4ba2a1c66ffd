import type { ReactNode } from "react";

import { useTitle } from "../hooks/use-title";

interface NoticeProps {
  readonly title: string;
  readonly body: string;
  /** What can be done about it. */
  readonly children?: ReactNode;
}

/** Stands in for a page that cannot be shown, and says why. */
export function Notice({ title, body, children }: NoticeProps) {
  useTitle(title);
  return (
    <div className="page notice">
      <h1 className="headline">{title}</h1>
      <p className="lede" role="status">
        {body}
      </p>
      {children}
    </div>
  );
}
