import { Component, type ReactNode } from "react";

interface ErrorBoundaryProps {
  /** What is shown, by its address: what broke at one need not break at the next. */
  readonly resetKey: string;
  /** What is shown instead. */
  readonly fallback: ReactNode;
  readonly children: ReactNode;
}

/** Keeps to itself that rendering failed, or that a file is gone after a deploy. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidUpdate({ resetKey }: ErrorBoundaryProps) {
    if (this.state.broken && resetKey !== this.props.resetKey) this.setState({ broken: false });
  }

  override render() {
    return this.state.broken ? this.props.fallback : this.props.children;
  }
}
