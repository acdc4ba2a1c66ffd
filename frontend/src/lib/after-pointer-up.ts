let isPointerDown = false;

addEventListener("pointerdown", () => (isPointerDown = true), { capture: true });
for (const end of ["pointerup", "pointercancel"] as const) {
  addEventListener(end, () => (isPointerDown = false), { capture: true });
}

/**
 * Runs work that may move the layout after the current press and its click. A field loses the focus
 * on pointerdown: a message that appears then would move the button away from under the pointer.
 */
export function afterPointerUp(work: () => void): void {
  if (isPointerDown) addEventListener("pointerup", () => setTimeout(work), { once: true });
  else setTimeout(work); // After a touch, the click is still to come.
}
