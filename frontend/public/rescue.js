// Loads the page again: see src/lib/load.ts.
{
  addEventListener("stranded", () => void rescue());
  addEventListener(
    "error",
    ({ target }) => {
      if (target instanceof HTMLScriptElement) void rescue();
    },
    true,
  );

  async function rescue() {
    for (let ok = false; !ok; ) {
      await pause(1_000);
      const asked = fetch("/", { method: "HEAD", cache: "no-store" });
      ({ ok } = await asked.catch(() => Response.error()));
    }
    // Once a minute: it might never end.
    await pause(Number(sessionStorage["tally.reloaded"]) + 60_000 - Date.now());
    sessionStorage["tally.reloaded"] = Date.now();
    location.reload();
  }

  function pause(/** @type {number} */ milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
}
