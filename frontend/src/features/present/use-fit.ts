import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";

import { largestFit } from "./fit";

/** The arrangements, in order of preference, with the smallest scale of each group. */
const ARRANGEMENTS = [
  { names: ["one", "two"], least: 0.3 },
  { names: ["one tight", "two tight"], least: 0.1 },
];

/** A font size, as a share of the window's height, that needs no second column. */
const LARGE = 0.03;

/**
 * Fits an element into the height of the window. It sets `--fit`, the largest factor for the sizes of
 * the style sheet at which nothing has to be scrolled, and `data-arrangement`: one column if its text
 * is large, or else one or two columns, whichever has the larger text; if neither fits, the same with
 * tighter spacing.
 *
 * Runs before the browser paints, when the window or `content` changes. Otherwise the scale stays, so
 * that rows keep their size while votes come in, unless they need more room.
 * @param content a text that changes whenever the height may change
 * @param most the largest factor; 1 is the size in the style sheet
 */
export function useFit(content: string, most: number): RefObject<HTMLElement | null> {
  const element = useRef<HTMLElement>(null);
  const fitted = useRef({ content: "", height: 0 });

  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    if (fitted.current.content === content && current.offsetHeight <= fitted.current.height) return;
    fit(current, most);
    // An element that is too tall even at the smallest scale is not fitted again.
    fitted.current = { content, height: Math.max(current.offsetHeight, window.innerHeight) };
  });

  useEffect(() => {
    const update = () => {
      if (element.current === null) return;
      fit(element.current, most);
      fitted.current.height = Math.max(element.current.offsetHeight, window.innerHeight);
    };
    window.addEventListener("resize", update);
    return () => {
      window.removeEventListener("resize", update);
    };
  }, [most]);

  return element;
}

interface Arranged {
  readonly name: string;
  readonly scale: number;
  readonly fits: boolean;
  /** The font size of the options in CSS pixels; 0 without options. */
  readonly fontSize: number;
}

function fit(element: HTMLElement, most: number) {
  let found: readonly Arranged[] = [];
  for (const { names, least } of ARRANGEMENTS) {
    found = names.map((name) => arrange(element, name, least, most));
    if (found.some(({ fits }) => fits)) break;
  }
  const best = found.reduce((one, other) => (isBetter(other, one) ? other : one));
  set(element, best.name, best.scale);
}

function arrange(element: HTMLElement, name: string, least: number, most: number): Arranged {
  const fits = (scale: number) => {
    set(element, name, scale);
    return element.offsetHeight <= window.innerHeight;
  };
  const scale = largestFit(fits, least, most);
  const label = element.querySelector(".result-label");
  return {
    name,
    scale,
    fits: fits(scale),
    fontSize: label === null ? 0 : parseFloat(getComputedStyle(label).fontSize),
  };
}

function isBetter(other: Arranged, one: Arranged): boolean {
  if (other.fits !== one.fits) return other.fits;
  return one.fontSize < LARGE * window.innerHeight && other.fontSize > one.fontSize;
}

function set(element: HTMLElement, arrangement: string, scale: number) {
  element.dataset.arrangement = arrangement;
  element.style.setProperty("--fit", String(scale));
}
