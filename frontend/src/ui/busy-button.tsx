import { useEffect, useRef, type ComponentProps } from "react";

import * as strings from "../strings";

/** Milliseconds: longer than a double click takes, or a finger on its way down. */
const SUDDEN = 500;

interface BusyButtonProps extends ComponentProps<"button"> {
  /** Whether what it does is under way: it cannot be pressed then, but keeps the focus. */
  readonly busy: boolean;
  /** Whether the server failed at it, so that it is to be pressed again. */
  readonly again?: boolean;
}

/**
 * A button for what takes a while. One that were `disabled` would lose the focus, and its place. What
 * is pressed just after it has become another's was meant for what it said before, and does nothing.
 */
export function BusyButton({ busy, again, onClick, type = "button", children, ...rest }: BusyButtonProps) {
  const changed = useRef(-SUDDEN);
  const words = useRef(children);

  useEffect(() => {
    if (busy || words.current === children) return;
    words.current = children;
    changed.current = performance.now();
  }, [busy, children]);

  return (
    <button
      type={type}
      aria-disabled={busy}
      onClick={(event) => {
        if (busy || performance.now() - changed.current < SUDDEN) event.preventDefault();
        else onClick?.(event);
      }}
      {...rest}
    >
      {again ? strings.trouble.again : children}
    </button>
  );
}
