/*
 * Reloads the page when an initial chunk is missing; see api/load-chunk.ts. It is a script of its own
 * (vite.config.ts), which imports nothing and is imported by nothing.
 */
{
  addEventListener("missing-chunk", () => void reloadWhenBack());
  addEventListener(
    "error",
    ({ target }) => {
      // Not a script of a browser extension or a CDN.
      const own = `${location.origin}/assets/`;
      if (target instanceof HTMLScriptElement && target.src.startsWith(own)) void reloadWhenBack();
    },
    true,
  );

  async function reloadWhenBack() {
    for (let ok = false, wait = 500; !ok; ) {
      // Backoff with jitter: a room of phones may do the same.
      wait = Math.min(2 * wait, 10_000);
      await pause(wait * (0.5 + Math.random() / 2));
      const asked = fetch("/", { method: "HEAD", cache: "no-store" });
      ({ ok } = await asked.catch(() => Response.error()));
    }
    try {
      // At most once per minute, to prevent a loop; not at all without storage.
      const since = Date.now() - Number(sessionStorage.getItem("tally.reloaded"));
      await pause(60_000 - Math.abs(since));
      sessionStorage.setItem("tally.reloaded", String(Date.now()));
      location.reload();
    } catch {
      // Storage is forbidden: the page shows a reload button.
    }
  }

  function pause(milliseconds: number) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
}
