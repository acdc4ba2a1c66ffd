/** The precision of the scale. */
const STEP = 0.005;

/**
 * The largest scale between `least` and `most` that fits, by bisection; `least` if none does.
 * @param fits whether a scale fits; monotonic
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
