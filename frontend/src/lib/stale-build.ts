/**
 * A tab that was opened before a deploy asks for files that are no more. Loading the page again
 * brings the new build; once only, so that a file that is really missing makes no endless loop.
 * https://vite.dev/guide/build#load-error-handling
 */

const MARK = "tally.reloaded";
const AGAIN_AFTER = 60_000;

/** Starts to watch for files that cannot be loaded. */
export function reloadWhenStale(): void {
  addEventListener("vite:preloadError", (event) => {
    if (Date.now() - lastTime() < AGAIN_AFTER) return;
    try {
      sessionStorage.setItem(MARK, String(Date.now()));
    } catch {
      return; // Without a mark it might never end; the page says what broke, and offers a reload.
    }
    event.preventDefault();
    location.reload();
  });
}

function lastTime(): number {
  try {
    return Number(sessionStorage.getItem(MARK) ?? 0);
  } catch {
    return 0;
  }
}
