/**
 * Loads the files of the app that do not come with its first ones. One that cannot be loaded is no
 * more, since a new build was put up, or the network is away. Loading the page again brings the new
 * build; but only once the server answers, or the browser's page of errors would take our place.
 *
 * rescue.ts does so for the first ones, which cannot bring what is there for them. It has no
 * hash in its name, so that every release answers for it: in the middle of a deploy, an instance of
 * the one may be asked for the files of the other. Of the first script it hears by an error, which
 * does not bubble; of what that one asks for, by main.ts.
 */
import { send } from "./client";
import { insist } from "./retry-policy";

const MARK = "tally.reloaded"; // as in rescue.ts
const AGAIN_AFTER = 60_000;

/**
 * Loads a file, however long the network is away.
 * Throws where it is missing from the new build, and where the server fails at its first page.
 */
export async function load<T>(file: () => Promise<T>): Promise<T> {
  try {
    return await withStyles(file);
  } catch {
    await insist(() => send("/", { method: "HEAD", cache: "no-store" }));
  }
  try {
    return await withStyles(file);
  } catch (error) {
    if (!mark()) throw error;
    location.reload();
    return new Promise<T>(() => undefined); // until the page is gone
  }
}

async function withStyles<T>(file: () => Promise<T>): Promise<T> {
  const failed = document.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet][data-failed]");
  const [loaded] = await Promise.all([file(), ...[...failed].map(again)]);
  return loaded;
}

function again(failed: HTMLLinkElement): Promise<unknown> {
  const link = failed.cloneNode() as HTMLLinkElement;
  delete link.dataset.failed;
  return new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = reject;
    failed.replaceWith(link);
  });
}

/** Notes that the page is loaded again; false where it just was, or it might never end. */
function mark(): boolean {
  try {
    if (Math.abs(Date.now() - Number(sessionStorage.getItem(MARK))) < AGAIN_AFTER) return false;
    sessionStorage.setItem(MARK, String(Date.now()));
    return true;
  } catch {
    return false; // Without a mark; the page says what broke, and offers a reload.
  }
}
