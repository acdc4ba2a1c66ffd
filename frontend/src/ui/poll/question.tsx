import type { CSSProperties } from "react";

import { fontScale, longestWord } from "../../lib/text-width";

/**
 * A poll's question as the page's heading. It is as large as its longest word allows, which is to
 * fit on its line (German ones would not do so on a phone), and the smaller the longer it is.
 */
export function Question({ text }: { text: string }) {
  const size = { "--longest-word": longestWord(text), "--ease": fontScale(text) } as CSSProperties;
  return (
    <h1 className="question" dir="auto" style={size}>
      {text}
    </h1>
  );
}
