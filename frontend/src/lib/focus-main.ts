/** Moves the focus to the page's content, for screen readers and the keyboard. */
export function focusMain(): void {
  document.querySelector("main")?.focus({ preventScroll: true });
}
