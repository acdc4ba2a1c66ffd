import { useEffect, useRef, type PointerEvent } from "react";

import { RowDrag } from "./row-drag";

const SLACK = 5; // pixels that a finger may tremble in a tap
const EDGE = 72; // pixels from the window's edges within which the page scrolls along
const PACE = 14; // pixels a frame, at the very edge

interface Grip {
  readonly pointer: number;
  readonly from: number;
  readonly start: number; // in pixels from the top of the page
  y: number; // in pixels from the top of the window
  drag: RowDrag | undefined;
  frame: number;
}

/**
 * Lets the rows of a list be dragged by handles, with a mouse, a pen or a finger.
 * @param rows the rows as they are on the page
 * @param onDrop called where a row was dragged from `from` to `to`, which may be the same. It calls
 *   `settle`, once it has seen where the rows are, so that they lie where the page has them.
 */
export function useRowDrag(
  rows: () => readonly HTMLElement[],
  onDrop: (from: number, to: number, settle: () => void) => void,
) {
  const grip = useRef<Grip>(undefined);
  const dragged = useRef(false);

  function letGo(keep: boolean) {
    const held = grip.current;
    grip.current = undefined;
    if (!held?.drag) return;
    cancelAnimationFrame(held.frame);
    const { drag, from } = held;
    onDrop(from, keep ? drag.to : from, () => {
      drag.end();
    });
  }

  function scrollAlong() {
    const held = grip.current;
    if (!held?.drag) return;
    const above = Math.max(0, EDGE - held.y);
    const below = Math.max(0, held.y - (window.innerHeight - EDGE));
    window.scrollBy(0, ((Math.min(below, EDGE) - Math.min(above, EDGE)) / EDGE) * PACE);
    held.drag.follow(held.y + window.scrollY);
    held.frame = requestAnimationFrame(scrollAlong);
  }

  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.key !== "Escape" || !grip.current?.drag) return;
      event.preventDefault();
      letGo(false);
    }
    window.addEventListener("keydown", onKeyDown);
    return () => {
      window.removeEventListener("keydown", onKeyDown);
    };
  });

  useEffect(
    () => () => {
      if (grip.current) cancelAnimationFrame(grip.current.frame);
    },
    [],
  );

  return {
    /** Whether the click that comes now only ends a drag. */
    wasDragged: () => dragged.current,

    handlers: (from: number) => ({
      onPointerDown: (event: PointerEvent<HTMLElement>) => {
        dragged.current = false;
        if (event.button !== 0 || grip.current) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const { pointerId: pointer, pageY: start, clientY: y } = event;
        grip.current = { pointer, from, start, y, drag: undefined, frame: 0 };
      },
      onPointerMove: (event: PointerEvent) => {
        const held = grip.current;
        if (held?.pointer !== event.pointerId) return;
        held.y = event.clientY;
        if (held.drag || Math.abs(event.pageY - held.start) < SLACK) return;
        dragged.current = true;
        held.drag = new RowDrag(rows(), held.from, held.start);
        scrollAlong();
      },
      onPointerUp: (event: PointerEvent) => {
        if (grip.current?.pointer === event.pointerId) {
          grip.current.drag?.follow(event.pageY);
          letGo(true);
        }
      },
      onPointerCancel: (event: PointerEvent) => {
        if (grip.current?.pointer === event.pointerId) letGo(false);
      },
      onLostPointerCapture: (event: PointerEvent) => {
        if (grip.current?.pointer === event.pointerId) letGo(false);
      },
    }),
  };
}
