import type { CSSProperties } from "react";

import { fontScale, longestWord } from "../../lib/text-width";

/**
 * A poll's question as the page's heading. Its font size makes the longest word fit on one line,
 * which German words on a phone would not do, and decreases with the length of the question.
 */
export function Question({ text }: { text: string }) {
  const size = { "--longest-word": longestWord(text), "--ease": fontScale(text) } as CSSProperties;
  return (
    <h1 className="question" dir="auto" style={size}>
      {text}
    </h1>
  );
}
