import { focusMain } from "./focus-main";

/**
 * Moves the focus to the page's content when the focused element is removed or hidden. Otherwise the
 * body gets it, the keyboard starts at the top of the window, and a screen reader falls silent.
 * Code that knows a better place can set the focus in the same task.
 */
export function keepFocus(): void {
  let last: Element | null = null;

  addEventListener("focusin", ({ target }) => {
    last = target as Element;
  });

  // Runs after each change of the document, when the code that made it may have set the focus.
  const observer = new MutationObserver(() => {
    if (document.activeElement !== document.body || (last?.checkVisibility() ?? true)) return;
    last = null;
    focusMain();
  });
  observer.observe(document, { subtree: true, childList: true, attributeFilter: ["hidden", "open"] });
}
