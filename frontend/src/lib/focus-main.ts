/** Has reading begin anew where a page's content does, for whoever hears it or uses the keyboard. */
export function focusMain(): void {
  document.querySelector("main")?.focus({ preventScroll: true });
}
