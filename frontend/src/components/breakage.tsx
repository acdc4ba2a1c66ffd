import { Component, type ReactNode } from "react";

import * as strings from "../strings";

/** What is shown instead of a blank page where rendering failed, or a file is gone after a deploy. */
export class Breakage extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <main className="page notice">
        <h1 className="headline">{strings.trouble.brokenTitle}</h1>
        <p className="lede">{strings.trouble.brokenBody}</p>
        <a className="button" href={location.href}>
          {strings.trouble.reload}
        </a>
      </main>
    );
  }
}
