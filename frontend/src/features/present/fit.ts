/** Sizes are told apart this finely: a two-hundredth is not seen. */
const STEP = 0.005;

/**
 * The largest scale that fits, between `least` and `most`, by halving; `least` where none does.
 * @param fits whether a scale fits, where a smaller one fits as well
 */
export function largestFit(fits: (scale: number) => boolean, least: number, most: number): number {
  if (fits(most)) return most;
  let [fitting, tooLarge] = [least, most];
  while (tooLarge - fitting > STEP) {
    const middle = (fitting + tooLarge) / 2;
    if (fits(middle)) fitting = middle;
    else tooLarge = middle;
  }
  return fitting;
}
