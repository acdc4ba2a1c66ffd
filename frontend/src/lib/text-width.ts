/** Estimates the width of a text, so that its font size can depend on its length. */

// Lines may break between these without a space; each is about as wide as two Latin letters.
const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
// Scripts without spaces, whose lines break by a dictionary.
const UNSPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const NO_WIDTH = /[\p{M}\p{Cf}]/u;

/** A text up to this length has the full size; a longer one is scaled to the same area. */
const FULL_SIZE_LENGTH = 80;

/** The width of a text on one line, in average Latin letters. */
export function textWidth(text: string): number {
  let width = 0;
  for (const letter of text) {
    if (!NO_WIDTH.test(letter)) width += IDEOGRAPH.test(letter) ? 2 : 1;
  }
  return width;
}

/** The width of the longest part that cannot be broken; at least 1. */
export function longestWord(text: string): number {
  const breakable = (letter: string) =>
    /[\s\u00ad-]/.test(letter) || IDEOGRAPH.test(letter) || UNSPACED.test(letter);
  const words = Array.from(text, (letter) => (breakable(letter) ? " " : letter)).join("").split(" ");
  return Math.max(...words.map(textWidth), 1);
}

/**
 * The factor for the font size at which a text takes no more area than one of full size; at most 1.
 * Half the size takes a quarter of the area.
 */
export function fontScale(text: string): number {
  return Math.min(Math.sqrt(FULL_SIZE_LENGTH / Math.max(textWidth(text), 1)), 1);
}
