let isPointerDown = false;

addEventListener("pointerdown", () => (isPointerDown = true), { capture: true });
for (const end of ["pointerup", "pointercancel"] as const) {
  addEventListener(end, () => (isPointerDown = false), { capture: true });
}

/**
 * Does what may move the page once the press that is under way is over, with its click. A field
 * is left as the button goes down: were a message to come then, the click would miss what it is for.
 */
export function afterPointerUp(work: () => void): void {
  if (isPointerDown) addEventListener("pointerup", () => setTimeout(work), { once: true });
  else setTimeout(work); // A finger's press is over, but its click is not.
}
