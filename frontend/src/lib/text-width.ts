/** How much room a text takes before it is set, so that its size can follow from its length. */

// Between these a line may break without a blank; each is about as wide as two Latin letters.
const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
// Lines of these break by a dictionary: no blank tells where.
const UNSPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const NO_WIDTH = /[\p{M}\p{Cf}]/u;

/** As many letters are set at full size; longer texts take as much room as these. */
const FULL_SIZE_LENGTH = 80;

/** The width of a text on one line, in letters of average width. */
export function textWidth(text: string): number {
  let width = 0;
  for (const letter of text) {
    if (!NO_WIDTH.test(letter)) width += IDEOGRAPH.test(letter) ? 2 : 1;
  }
  return width;
}

/** The width of the longest part that is not to be broken; at least 1. */
export function longestWord(text: string): number {
  const breakable = (letter: string) =>
    /[\s\u00ad-]/.test(letter) || IDEOGRAPH.test(letter) || UNSPACED.test(letter);
  const words = Array.from(text, (letter) => (breakable(letter) ? " " : letter)).join("").split(" ");
  return Math.max(...words.map(textWidth), 1);
}

/**
 * The share of its full size in which a text takes no more room than a short one: letters of half
 * the size need a quarter of it.
 */
export function fontScale(text: string): number {
  return Math.min(Math.sqrt(FULL_SIZE_LENGTH / Math.max(textWidth(text), 1)), 1);
}
