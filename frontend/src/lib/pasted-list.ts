const LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;
// Only before a blank: -5 and *that* are text.
const BULLET = /^[-*+•‣⁃◦▪▫●○■□·–—✓✔☐☑☒](?:\s+\[[ xX]?\])?\s+/u;
const NUMBER = /^\(?(?:(\d{1,3})|([a-z]))[.)]\s+/i;

/** The entries of a list copied from elsewhere: no empty lines, bullets, numbers or tabs. */
export function listEntries(text: string): string[] {
  const lines = text
    .split(LINE_END)
    .map((line) => line.trim().replace(BULLET, ""))
    .filter((line) => line !== "");
  return (isNumbered(lines) ? lines.map((line) => line.replace(NUMBER, "")) : lines)
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "");
}

/**
 * Whether what looks like numbers counts up by one, in each line that has one and in more than one.
 * "1. FC Köln" beside "1. FC Nürnberg" is no numbering, nor are the initials of J. S. Bach.
 */
function isNumbered(lines: readonly string[]): boolean {
  const counts = lines.map(count).filter((number) => number !== undefined);
  return counts.length > 1 && counts.every((number, index) => number === (counts[0] ?? 0) + index);
}

function count(line: string): number | undefined {
  const [, digits, letter] = NUMBER.exec(line) ?? [];
  // Letters are counted apart from digits.
  if (letter !== undefined) return 10_000 + letter.toLowerCase().charCodeAt(0);
  return digits === undefined ? undefined : Number(digits);
}
