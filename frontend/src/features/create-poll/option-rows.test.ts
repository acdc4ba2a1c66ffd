import { expect, test } from "vitest";

import { addRow, moveRow, newRows, pasteLines } from "./option-rows";
import type { OptionRow } from "./poll-form";

function texts(rows: readonly OptionRow[]): string[] {
  expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
  return rows.map(({ text }) => text);
}

test("a moved row leaves the others in order", () => {
  const rows = newRows(["a", "b", "c", "d"]);
  expect(texts(moveRow(rows, 0, 2))).toEqual(["b", "c", "a", "d"]);
  expect(texts(moveRow(rows, 3, 0))).toEqual(["d", "a", "b", "c"]);
  expect(moveRow(rows, 0, 2)[2]).toBe(rows[0]);
});

test("an added row has a new key", () => {
  expect(texts(addRow(newRows(["a", "b"]).toReversed()))).toEqual(["b", "a", ""]);
});

test("pasted lines replace empty rows and keep those with text", () => {
  const { rows, ...rest } = pasteLines(newRows(["a", "", "", "z"]), 1, ["b", "c", "d", "e"]);
  expect(texts(rows)).toEqual(["a", "b", "c", "d", "e", "z"]);
  expect(rest).toEqual({ last: 4, taken: 4, left: 0 });
});

test("lines pasted into a text are inserted at the caret", () => {
  const { rows } = pasteLines(newRows(["Green tea", ""]), 0, ["A", "B"], "Green ", " tea");
  expect(texts(rows)).toEqual(["Green A", "B tea"]);
});

test("pasted lines beyond twenty are counted and left out", () => {
  const lines = Array.from({ length: 30 }, (_, number) => `line ${number}`);
  const { rows, ...rest } = pasteLines(newRows(["a", "", "", "y", "z"]), 2, lines);
  expect(texts(rows)).toEqual(["a", ...lines.slice(0, 17), "y", "z"]);
  expect(rest).toEqual({ last: 17, taken: 17, left: 13 });
});
