import { Component, type ReactNode } from "react";

interface ErrorBoundaryProps {
  /** Clears the error when it changes, such as the path of the page. */
  readonly resetKey: string;
  /** Shown after an error. */
  readonly fallback: ReactNode;
  readonly children: ReactNode;
}

/** Contains an error of rendering, or of a chunk that is gone after a deploy. */
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
