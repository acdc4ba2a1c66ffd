// What it is for: src/lib/load.ts. Sent as it stands.
{
  const MARK = "tally.reloaded";

  addEventListener("stranded", () => void rescue()); // by main.ts
  addEventListener(
    "error",
    ({ target }) => {
      if (target instanceof HTMLScriptElement) void rescue();
    },
    true, // such an error does not bubble
  );

  /** At once, then once a minute; without a mark it might never end. */
  async function rescue() {
    while (!(await answers())) await pause(2_000);
    await pause(Number(sessionStorage.getItem(MARK)) + 60_000 - Date.now());
    sessionStorage.setItem(MARK, String(Date.now()));
    location.reload();
  }

  async function answers() {
    const asked = fetch("/", { method: "HEAD", cache: "no-store" });
    return (await asked.catch(() => Response.error())).ok;
  }

  /** @param {number} milliseconds */
  function pause(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
}
