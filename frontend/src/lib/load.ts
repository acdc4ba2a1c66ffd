/**
 * Loads the files of the app that do not come with its first ones. One that cannot be loaded is no
 * more, since a new build was put up, or the network is away. Loading the page again brings the new
 * build; but only once the server answers, or the browser's page of errors would take our place.
 */
import { useEffect } from "react";

import { backoff, pause } from "../api/rhythm";

const MARK = "tally.reloaded";
const AGAIN_AFTER = 60_000;
const LATER = 1_500;

type File<T> = () => Promise<T>;

/** Loads a file, however long the network is away. Throws where it is missing from the new build. */
export function load<T>(file: File<T>): Promise<T> {
  return attempt(file)
    .catch(async () => {
      for (let failures = 0; !(await isServerThere()); failures++) await pause(backoff(failures));
      return attempt(file);
    })
    .catch((error: unknown) => {
      if (!mark()) throw error;
      location.reload();
      return new Promise<T>(() => undefined); // until the page is gone
    });
}

/**
 * Loads a file that may be wanted later, once there is nothing else to load. If it cannot be now, it
 * is loaded when it is wanted.
 */
export function usePrefetch(file: File<unknown>): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      attempt(file).catch(() => undefined);
    }, LATER);
    return () => {
      clearTimeout(timer);
    };
  }, [file]);
}

async function attempt<T>(file: File<T>): Promise<T> {
  try {
    return await file();
  } catch (error) {
    // Vite would take a style sheet that was asked for in vain for one that is there.
    for (const link of document.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]")) {
      if (!link.sheet) link.remove();
    }
    throw error;
  }
}

function isServerThere(): Promise<boolean> {
  const asked = fetch(location.pathname, { method: "HEAD", cache: "no-store" });
  return asked.then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Notes that the page is loaded again; false where it just was, or it might never end. */
function mark(): boolean {
  try {
    if (Date.now() - Number(sessionStorage.getItem(MARK)) < AGAIN_AFTER) return false;
    sessionStorage.setItem(MARK, String(Date.now()));
    return true;
  } catch {
    return false; // Without a mark; the page says what broke, and offers a reload.
  }
}
