/**
 * Takes a double click on what sends a form for one: its second half would press what has come in its
 * place, such as a button of the next page.
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
