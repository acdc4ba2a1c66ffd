import type { ComponentProps } from "react";

import * as strings from "../strings";

interface BusyButtonProps extends ComponentProps<"button"> {
  /** Whether what it does is under way: it cannot be pressed then, but keeps the focus. */
  readonly busy: boolean;
  /** Whether the server failed at it, so that it is to be pressed again. */
  readonly again?: boolean;
}

/** A button for what takes a while. One that were `disabled` would lose the focus, and its place. */
export function BusyButton({ busy, again, onClick, type = "button", children, ...rest }: BusyButtonProps) {
  return (
    <button
      type={type}
      aria-disabled={busy}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
      {...rest}
    >
      {again ? strings.trouble.again : children}
    </button>
  );
}
