import { useEffect, useRef, type ComponentProps } from "react";

import * as strings from "../strings";

/** Milliseconds; longer than a double click takes. */
const GRACE_PERIOD = 500;

interface BusyButtonProps extends ComponentProps<"button"> {
  /** Whether its action is running: then a press does nothing, but the button keeps the focus. */
  readonly busy: boolean;
  /** Whether the server failed, so that the button offers to try again. */
  readonly again?: boolean;
}

/**
 * A button for an action that takes time. It is not `disabled` while busy, which would lose the
 * focus. A press just after its label has changed was meant for the old label and is ignored.
 */
export function BusyButton({ busy, again, onClick, type = "button", children, ...rest }: BusyButtonProps) {
  const changed = useRef(-GRACE_PERIOD);
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
        if (busy || performance.now() - changed.current < GRACE_PERIOD) event.preventDefault();
        else onClick?.(event);
      }}
      {...rest}
    >
      {again ? strings.trouble.again : children}
    </button>
  );
}
