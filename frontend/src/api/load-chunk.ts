/**
 * Loads chunks of the app on demand. If one cannot be loaded, either a new build has replaced it or
 * the network is down. Reloading the page brings the new build, but only once the server answers;
 * before that, the browser would show its own error page.
 *
 * reload-on-missing-chunk.ts does the same for the initial chunks, which cannot load this file. Its
 * name has no hash, so every release has it: during a deploy, an instance of one release may be asked
 * for the files of the other. It notices a missing first script by the `error` event, which does
 * not bubble, and a missing chunk of that script by an event of main.ts.
 */
import { send } from "./client";
import { retryUntilDone } from "./retry-policy";

const MARK = "tally.reloaded"; // as in reload-on-missing-chunk.ts
const MIN_BETWEEN_RELOADS = 60_000; // milliseconds

/**
 * Loads a chunk, however long the network is down.
 * @throws if the new build has no such chunk, or if the server fails.
 */
export async function loadChunk<T>(file: () => Promise<T>): Promise<T> {
  try {
    return await withStyles(file);
  } catch {
    await retryUntilDone(() => send("/", { method: "HEAD", cache: "no-store" }));
  }
  try {
    return await withStyles(file);
  } catch (error) {
    if (!markReload()) throw error;
    location.reload();
    return new Promise<T>(() => undefined); // until the page is gone
  }
}

async function withStyles<T>(file: () => Promise<T>): Promise<T> {
  const failed = document.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet][data-failed]");
  const [loaded] = await Promise.all([file(), ...[...failed].map(reloadStyles)]);
  return loaded;
}

function reloadStyles(failed: HTMLLinkElement): Promise<unknown> {
  const link = failed.cloneNode() as HTMLLinkElement;
  delete link.dataset.failed;
  return new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = reject;
    failed.replaceWith(link);
  });
}

/** Records that the page is reloaded; false if it was a short time ago, to prevent a loop. */
function markReload(): boolean {
  try {
    if (Math.abs(Date.now() - Number(sessionStorage.getItem(MARK))) < MIN_BETWEEN_RELOADS) return false;
    sessionStorage.setItem(MARK, String(Date.now()));
    return true;
  } catch {
    return false; // Storage is forbidden: the page shows the error and a reload button.
  }
}
