import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";

import { largestFit } from "./fit";

const LEAST = 0.3;

/**
 * Keeps an element within the height of the window: its style sheet multiplies sizes by `--fit`,
 * which is the largest number at which nothing has to be scrolled.
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

function fit(element: HTMLElement, most: number) {
  const set = (scale: number) => {
    element.style.setProperty("--fit", String(scale));
  };
  const fits = (scale: number) => {
    set(scale);
    return element.offsetHeight <= window.innerHeight;
  };
  set(largestFit(fits, LEAST, most));
}
