import { filledRows, LEAST_OPTIONS, MOST_OPTIONS, type OptionRow } from "./poll-form";

type Rows = readonly OptionRow[];

function nextKey(rows: Rows): number {
  return Math.max(0, ...rows.map(({ key }) => key)) + 1;
}

/** New rows with these texts, whose keys are not used in `rows`. */
export function newRows(texts: readonly string[], rows: Rows = []): OptionRow[] {
  const first = nextKey(rows);
  return texts.map((text, index) => ({ key: first + index, text }));
}

/** The rows, with an empty one at the end. */
export function addRow(rows: Rows): Rows {
  return [...rows, ...newRows([""], rows)];
}

/** The rows, with the one at `from` moved to `to`. */
export function moveRow(rows: Rows, from: number, to: number): Rows {
  const moved = [...rows];
  moved.splice(to, 0, ...moved.splice(from, 1));
  return moved;
}

/** The result of pasting a list. */
export interface Pasted {
  readonly rows: Rows;
  /** The index of the last row with pasted text. */
  readonly last: number;
  readonly taken: number;
  /** How many lines did not fit. */
  readonly left: number;
}

/**
 * Pastes lines into the row at `index`, the first between the texts before and after the caret, the
 * others into new rows. Empty rows are replaced; rows with text are kept.
 */
export function pasteLines(
  rows: Rows,
  index: number,
  lines: readonly string[],
  before = "",
  after = "",
): Pasted {
  const tail = filledRows(rows.slice(index + 1));
  const most = MOST_OPTIONS - tail.length;
  const all = rows.slice(0, index);
  // Empty rows before this one are kept unless the lines need their place.
  const head = all.length + lines.length > most ? filledRows(all) : all;
  const taken = lines.slice(0, most - head.length);
  const texts = taken.map((line) => line);
  texts[0] = before + (texts[0] ?? "");
  texts.push((texts.pop() ?? "") + after);
  const [first = "", ...others] = texts;
  const at = rows[index] ?? { key: nextKey(rows), text: "" };
  const laid = [...head, { ...at, text: first }, ...newRows(others, rows)];
  const result = [...laid, ...tail];
  const missing = Array<string>(Math.max(0, LEAST_OPTIONS - result.length)).fill("");
  return {
    rows: [...result, ...newRows(missing, result)],
    last: laid.length - 1,
    taken: taken.length,
    left: lines.length - taken.length,
  };
}
