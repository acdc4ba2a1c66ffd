import type { ReactNode } from "react";

import { useTitle } from "../hooks/use-title";

interface NoticeProps {
  readonly title: string;
  readonly body: string;
  /** What the user can do about it. */
  readonly children?: ReactNode;
}

/** Shown in place of a page that cannot be shown, with the reason. */
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
