/** Has reading begin anew where a page's content does, for whoever hears it or uses the keyboard. */
export function focusMain(): void {
  document.getElementById("main")?.focus({ preventScroll: true });
}
