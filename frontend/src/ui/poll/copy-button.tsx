import { useEffect, useState } from "react";

import * as strings from "../../strings";
import { copyText } from "./clipboard";

type Outcome = "idle" | "done" | "failed";
const SHOWN_FOR = 2_500;

/** Copies a text and confirms it. */
export function CopyButton({ text, label = strings.copy.label }: { text: string; label?: string }) {
  const [outcome, setOutcome] = useState<Outcome>("idle");

  useEffect(() => {
    if (outcome === "idle") return;
    const timer = setTimeout(() => {
      setOutcome("idle");
    }, SHOWN_FOR);
    return () => {
      clearTimeout(timer);
    };
  }, [outcome]);

  return (
    <span className="copy">
      <button
        type="button"
        className="button button-quiet"
        onClick={() => {
          setOutcome("idle"); // so that each press announces its outcome
          void copyText(text).then((copied) => {
            setOutcome(copied ? "done" : "failed");
          });
        }}
      >
        {/* In the place of the label, and as wide: nothing around it moves. */}
        {outcome === "done" ? (
          <span className="copy-done" data-label={label}>
            {strings.copy.done}
          </span>
        ) : (
          label
        )}
      </button>
      <span className={outcome === "done" ? "visually-hidden" : "copy-outcome"} role="status">
        {outcome !== "idle" && strings.copy[outcome]}
      </span>
    </span>
  );
}
