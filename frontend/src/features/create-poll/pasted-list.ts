const LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;
// Only before a space: -5 and *that* are text.
const BULLET = /^[-*+•‣⁃◦▪▫●○■□·–—✓✔☐☑☒](?:\s+\[[ xX]?\])?\s+/u;
// Only before a space or alone: 3.5 and 2024 are text.
const NUMBER = /^\(?(?:(\d{1,3})|([a-z]))[.)](?:\s+|$)/i;

/** The entries of a pasted list, without empty lines, bullets, numbers and tabs. */
export function listEntries(text: string): string[] {
  const marked = splitRow(trimmed(text.split(LINE_END)));
  const lines = trimmed(marked.map((line) => line.replace(BULLET, "")));
  const numbered = isNumbered(lines) || isOneNumberAmongBullets(marked);
  const entries = numbered ? lines.map((line) => line.replace(NUMBER, "")) : lines;
  return trimmed(entries.map((line) => line.replace(/\s+/g, " ")));
}

function trimmed(lines: readonly string[]): string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

/** Splits a single row of a spreadsheet into its cells. A tab may also follow a number or bullet. */
function splitRow(lines: string[]): string[] {
  const [line = ""] = lines;
  const isRow = lines.length === 1 && !BULLET.test(line) && !NUMBER.test(line);
  return isRow ? trimmed(line.split("\t")) : lines;
}

/** Whether all lines have bullets, except one whose number equals its position. */
function isOneNumberAmongBullets(lines: readonly string[]): boolean {
  const others = lines.filter((line, at) => count(line) !== at + 1);
  const one = others.length > 0 && others.length === lines.length - 1;
  return one && others.every((line) => BULLET.test(line));
}

/**
 * Whether the numbers are a numbering: there are at least two, and each follows the one before, or
 * differs from it by the distance of their lines if lines between have no number. "1. FC Köln" and
 * "1. FC Nürnberg" are not numbered, nor are "1. Mai" and "3. Oktober", nor "J. S. Bach".
 */
function isNumbered(lines: readonly string[]): boolean {
  const numbers = lines.flatMap((line, at) => {
    const number = count(line);
    return number === undefined ? [] : [{ at, number, bare: line.replace(NUMBER, "") === "" }];
  });
  const counting = numbers.every(({ at, number }, index) => {
    const last = numbers[index - 1];
    const step = last && number - last.number;
    return last === undefined || step === 1 || step === at - last.at;
  });
  return counting && numbers.filter(({ bare }) => !bare).length > 1;
}

function count(line: string): number | undefined {
  const [, digits, letter] = NUMBER.exec(line) ?? [];
  // Letters and digits are separate numberings.
  if (letter !== undefined) return 10_000 + letter.toLowerCase().charCodeAt(0);
  return digits === undefined ? undefined : Number(digits);
}
