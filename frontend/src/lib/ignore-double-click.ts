/**
 * Ignores the second click of a double click on a submit button, which would otherwise hit the
 * control that has taken its place, such as a button of the next page.
 */
export function ignoreDoubleClick(): void {
  let sent: Element | null | undefined;

  const listener = (event: MouseEvent) => {
    const control = (event.target as Element).closest("a, button");
    if (event.detail < 2) sent = control?.matches("[type=submit]") ? control : undefined;
    else if (sent && sent !== control) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  addEventListener("click", listener, { capture: true });
}
