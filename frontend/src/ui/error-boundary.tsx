import { Component, type ReactNode } from "react";

interface BreakageProps {
  /** What is shown, by its address: what broke at one need not break at the next. */
  readonly at: string;
  /** What is shown instead. */
  readonly instead: ReactNode;
  readonly children: ReactNode;
}

/** Keeps to itself that rendering failed, or that a file is gone after a deploy. */
export class Breakage extends Component<BreakageProps, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidUpdate({ at }: BreakageProps) {
    if (this.state.broken && at !== this.props.at) this.setState({ broken: false });
  }

  override render() {
    return this.state.broken ? this.props.instead : this.props.children;
  }
}
