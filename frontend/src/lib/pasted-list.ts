const LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;
// Only before a blank: -5 and *that* are text.
const BULLET = /^[-*+•‣⁃◦▪▫●○■□·–—✓✔☐☑☒](?:\s+\[[ xX]?\])?\s+/u;
// Only before a blank, or all there is: 3.5 and 2024 are text.
const NUMBER = /^\(?(?:(\d{1,3})|([a-z]))[.)](?:\s+|$)/i;

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
 * Whether what looks like numbers is a numbering: in more than one line, and each the one after the
 * last, or as far from it as the lines are, where some between have lost theirs. "1. FC Köln" beside
 * "1. FC Nürnberg" is none, nor are dates such as "1. Mai" and "3. Oktober", nor J. S. Bach.
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
  // Letters are counted apart from digits.
  if (letter !== undefined) return 10_000 + letter.toLowerCase().charCodeAt(0);
  return digits === undefined ? undefined : Number(digits);
}
