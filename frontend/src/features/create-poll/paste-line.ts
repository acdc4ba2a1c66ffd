import type { ClipboardEvent } from "react";

/** Pastes text with line breaks into a field of one line. */
export function pasteAsOneLine(event: ClipboardEvent): void {
  const text = event.clipboardData.getData("text/plain");
  if (!/[\r\n]/.test(text)) return;
  const line = text.trim().replace(/\s*[\r\n]+\s*/g, " ");
  // Deprecated, but the only way to insert text that the browser can undo.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  if (document.execCommand("insertText", false, line)) event.preventDefault();
}
