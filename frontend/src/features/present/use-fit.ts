import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";

import { largestFit } from "./fit";

/** The ways to lay it out: those that come first are taken where anything fits in one of them. */
const ARRANGEMENTS = [
  { names: ["one", "two"], least: 0.3 },
  { names: ["one tight", "two tight"], least: 0.1 },
];

/** Letters that are as large, as a share of the window's height, need no second column. */
const LARGE = 0.03;

/**
 * Keeps an element within the height of the window: its style sheet multiplies sizes by `--fit`,
 * which is the largest number at which nothing has to be scrolled, and knows arrangements of it
 * (`data-arrangement`): one column where its letters are large, or else one or two, whichever has
 * the larger letters; and where neither can be made to fit, the same with less around them.
 *
 * Found before the browser draws, when the window or `content` changes. In between it stays as it
 * is, so that rows keep their size while votes come in, unless these need more room.
 * @param content what the height depends on, as a text that changes with it
 * @param most the largest that it may be; 1 is the size that the style sheet names
 */
export function useFit(content: string, most: number): RefObject<HTMLElement | null> {
  const element = useRef<HTMLElement>(null);
  const fitted = useRef({ content: "", height: 0 });

  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    if (fitted.current.content === content && current.offsetHeight <= fitted.current.height) return;
    fit(current, most);
    // A page that cannot be made to fit is not fitted again and again.
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
  /** The size of the answers' letters, in CSS pixels; 0 where there are none. */
  readonly letters: number;
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
    letters: label === null ? 0 : parseFloat(getComputedStyle(label).fontSize),
  };
}

function isBetter(other: Arranged, one: Arranged): boolean {
  if (other.fits !== one.fits) return other.fits;
  return one.letters < LARGE * window.innerHeight && other.letters > one.letters;
}

function set(element: HTMLElement, arrangement: string, scale: number) {
  element.dataset.arrangement = arrangement;
  element.style.setProperty("--fit", String(scale));
}
