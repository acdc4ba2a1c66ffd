import { focusMain } from "./focus-main";

/**
 * Where what has the focus goes, or is hidden, the focus falls to the body: the keyboard would begin
 * at the top of the window, and a screen reader fall silent. It goes to the page's content instead.
 * For what knows a better place there is time until then.
 */
export function keepFocus(): void {
  let last: Element | null = null;

  addEventListener("focusin", ({ target }) => {
    last = target as Element;
  });

  // After each change, and after what it was made for has moved the focus itself.
  const observer = new MutationObserver(() => {
    if (document.activeElement !== document.body || (last?.checkVisibility() ?? true)) return;
    last = null;
    focusMain();
  });
  observer.observe(document, { subtree: true, childList: true, attributeFilter: ["hidden", "open"] });
}
