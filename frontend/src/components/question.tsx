import type { CSSProperties } from "react";

/**
 * A poll's question as the page's heading, as large as its longest word allows: it is to fit on
 * its line, which German questions would otherwise not do on a phone.
 */
export function Question({ text }: { text: string }) {
  const longest = Math.max(...text.split(/[\s\u00ad-]+/).map((word) => word.length), 1);
  return (
    <h1 className="question" dir="auto" style={{ "--longest-word": longest } as CSSProperties}>
      {text}
    </h1>
  );
}
