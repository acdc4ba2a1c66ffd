import type { ComponentProps } from "react";

interface BusyButtonProps extends ComponentProps<"button"> {
  /** Whether what it does is under way: it cannot be pressed then, but keeps the focus. */
  readonly busy: boolean;
}

/** A button for what takes a while. One that were `disabled` would lose the focus, and its place. */
export function BusyButton({ busy, onClick, type = "button", ...rest }: BusyButtonProps) {
  return (
    <button
      type={type}
      aria-disabled={busy}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
      {...rest}
    />
  );
}
