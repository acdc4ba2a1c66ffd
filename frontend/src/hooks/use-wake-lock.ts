import { useEffect } from "react";

/** Keeps the screen on while the page is shown, where the browser can. */
export function useWakeLock(): void {
  useEffect(() => {
    let held: WakeLockSentinel | undefined;
    let left = false;

    async function hold() {
      // Typed as always there, but only secure pages have it.
      if (!("wakeLock" in navigator) || document.visibilityState !== "visible") return;
      try {
        held = await navigator.wakeLock.request("screen");
        if (left) await held.release();
      } catch {
        // Refused, such as on a low battery.
      }
    }

    function again() {
      void hold(); // The browser lets go of it whenever the page is hidden.
    }

    again();
    document.addEventListener("visibilitychange", again);
    return () => {
      left = true;
      document.removeEventListener("visibilitychange", again);
      void held?.release();
    };
  }, []);
}
