import { useEffect } from "react";

/** Keeps the screen on while the page is shown, if the browser supports it. */
export function useWakeLock(): void {
  useEffect(() => {
    let held: WakeLockSentinel | undefined;
    let left = false;

    async function hold() {
      // The types say that it always exists, but only secure contexts have it.
      if (!("wakeLock" in navigator) || document.visibilityState !== "visible") return;
      try {
        held = await navigator.wakeLock.request("screen");
        if (left) await held.release();
      } catch {
        // Refused, for example on a low battery.
      }
    }

    function again() {
      void hold(); // The browser releases it when the page is hidden.
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
