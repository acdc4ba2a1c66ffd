import type { ClipboardEvent } from "react";

/** Pastes what was copied with ends of lines into a field that holds one line. */
export function pasteAsOneLine(event: ClipboardEvent): void {
  const text = event.clipboardData.getData("text/plain");
  if (!/[\r\n]/.test(text)) return;
  const line = text.trim().replace(/\s*[\r\n]+\s*/g, " ");
  // Deprecated, but the only way of putting text in that the browser can undo.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  if (document.execCommand("insertText", false, line)) event.preventDefault();
}
