import { useEffect, useState } from "react";

import * as strings from "../../strings";

/** Toggles full screen, if the browser supports it. */
export function FullScreenButton() {
  const [full, setFull] = useState(document.fullscreenElement !== null);

  useEffect(() => {
    const update = () => {
      setFull(document.fullscreenElement !== null);
    };
    document.addEventListener("fullscreenchange", update);
    return () => {
      document.removeEventListener("fullscreenchange", update);
    };
  }, []);

  if (!document.fullscreenEnabled) return null;
  return (
    <button
      type="button"
      className="button button-quiet"
      onClick={() => {
        const done = full ? document.exitFullscreen() : document.documentElement.requestFullscreen();
        done.catch(() => undefined); // Refused by a policy.
      }}
    >
      {full ? strings.present.window : strings.present.full}
    </button>
  );
}
