// Loads the page again where its own first files do not come: see src/lib/load.ts.
{
  addEventListener("stranded", () => void rescue());
  addEventListener(
    "error",
    ({ target }) => {
      // Not a stranger's: an extension's, or an edge's, is no reason.
      if (target instanceof HTMLScriptElement && target.src.includes("/assets/")) void rescue();
    },
    true,
  );

  async function rescue() {
    for (let ok = false; !ok; ) {
      await pause(1_000);
      const asked = fetch("/", { method: "HEAD", cache: "no-store" });
      ({ ok } = await asked.catch(() => Response.error()));
    }
    try {
      // Once a minute: it might never end. Nor does it begin where no mark can be left.
      const since = Date.now() - Number(sessionStorage["tally.reloaded"]);
      await pause(60_000 - Math.abs(since));
      sessionStorage["tally.reloaded"] = Date.now();
      location.reload();
    } catch {
      // Without storage, the page has a button.
    }
  }

  function pause(/** @type {number} */ milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
}
