import { Component, type ReactNode } from "react";

import * as strings from "../strings";
import { Notice } from "./notice";
import { ReloadButton } from "./reload-button";
import { Shell } from "./shell";

interface BreakageProps {
  /** The address that is shown: what broke at one need not break at the next. */
  readonly pathname: string;
  readonly children: ReactNode;
}

/** What is shown instead of a blank page where rendering failed, or a file is gone after a deploy. */
export class Breakage extends Component<BreakageProps, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidUpdate({ pathname }: BreakageProps) {
    if (this.state.broken && pathname !== this.props.pathname) this.setState({ broken: false });
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <Shell>
        <Notice title={strings.trouble.brokenTitle} body={strings.trouble.brokenBody}>
          <ReloadButton />
        </Notice>
      </Shell>
    );
  }
}
