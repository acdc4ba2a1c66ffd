/** Milliseconds; the same as --moment in tokens.css. */
function duration(): number {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160;
}

/** Changes the page, and animates each element from its old position to its new one. */
export function animateFlip(elements: () => readonly HTMLElement[], change: () => void): void {
  const tops = new Map(elements().map((element) => [element, top(element)]));
  change();
  for (const element of elements()) {
    const was = tops.get(element);
    for (const running of element.getAnimations()) running.cancel();
    const by = was === undefined ? 0 : was - top(element);
    if (by === 0 || duration() === 0) continue;
    element.animate([{ translate: `0 ${by}px` }, { translate: "none" }], {
      duration: duration(),
      easing: "ease-out",
    });
  }
}

function top(element: HTMLElement): number {
  return element.getBoundingClientRect().top + window.scrollY;
}
