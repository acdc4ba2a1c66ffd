/*
 * Loads the page again where its own first files do not come: see lib/load.ts. A script of its own
 * (vite.config.ts), which no other file brings or is brought by.
 */
{
  addEventListener("stranded", () => void rescue());
  addEventListener(
    "error",
    ({ target }) => {
      // Not a stranger's: an extension's, or an edge's, is no reason.
      const own = `${location.origin}/assets/`;
      if (target instanceof HTMLScriptElement && target.src.startsWith(own)) void rescue();
    },
    true,
  );

  async function rescue() {
    for (let ok = false, wait = 500; !ok; ) {
      // Spread out at random, and ever less often: there may be a room of phones.
      wait = Math.min(2 * wait, 10_000);
      await pause(wait * (0.5 + Math.random() / 2));
      const asked = fetch("/", { method: "HEAD", cache: "no-store" });
      ({ ok } = await asked.catch(() => Response.error()));
    }
    try {
      // Once a minute: it might never end. Nor does it begin where no mark can be left.
      const since = Date.now() - Number(sessionStorage.getItem("tally.reloaded"));
      await pause(60_000 - Math.abs(since));
      sessionStorage.setItem("tally.reloaded", String(Date.now()));
      location.reload();
    } catch {
      // Without storage, the page has a button.
    }
  }

  function pause(milliseconds: number) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
}
