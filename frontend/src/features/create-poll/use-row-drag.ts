import { useEffect, useRef, type PointerEvent } from "react";

import { RowDrag } from "./row-drag";

const TAP_TOLERANCE = 5; // pixels that a pointer may move in a tap
const SCROLL_ZONE = 72; // pixels from the window's edge in which the page scrolls
const MAX_SCROLL_SPEED = 14; // pixels per frame at the edge itself

interface Grip {
  readonly pointer: number;
  readonly from: number;
  readonly start: number; // in pixels from the top of the page
  y: number; // in pixels from the top of the window
  drag: RowDrag | undefined;
  frame: number;
}

/**
 * Makes the rows of a list draggable by handles, with a mouse, a pen or a finger.
 * @param rows returns the rows in the document
 * @param onDrop called when a row was dragged from `from` to `to`, which may be equal. It must call
 *   `settle`, which puts the rows back to their places in the document.
 */
export function useRowDrag(
  rows: () => readonly HTMLElement[],
  onDrop: (from: number, to: number, settle: () => void) => void,
) {
  const grip = useRef<Grip>(undefined);
  const dragged = useRef(false);

  function endDrag(keep: boolean) {
    const held = grip.current;
    grip.current = undefined;
    if (!held?.drag) return;
    cancelAnimationFrame(held.frame);
    const { drag, from } = held;
    onDrop(from, keep ? drag.to : from, () => {
      drag.end();
    });
  }

  function scrollAtEdge() {
    const held = grip.current;
    if (!held?.drag) return;
    const above = Math.max(0, SCROLL_ZONE - held.y);
    const below = Math.max(0, held.y - (window.innerHeight - SCROLL_ZONE));
    window.scrollBy(0, ((Math.min(below, SCROLL_ZONE) - Math.min(above, SCROLL_ZONE)) / SCROLL_ZONE) * MAX_SCROLL_SPEED);
    held.drag.follow(held.y + window.scrollY);
    held.frame = requestAnimationFrame(scrollAtEdge);
  }

  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.key !== "Escape" || !grip.current?.drag) return;
      event.preventDefault();
      endDrag(false);
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
    /** Whether the current click is the end of a drag. */
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
        if (held.drag || Math.abs(event.pageY - held.start) < TAP_TOLERANCE) return;
        dragged.current = true;
        held.drag = new RowDrag(rows(), held.from, held.start);
        scrollAtEdge();
      },
      onPointerUp: (event: PointerEvent) => {
        if (grip.current?.pointer === event.pointerId) {
          grip.current.drag?.follow(event.pageY);
          endDrag(true);
        }
      },
      onPointerCancel: (event: PointerEvent) => {
        if (grip.current?.pointer === event.pointerId) endDrag(false);
      },
      onLostPointerCapture: (event: PointerEvent) => {
        if (grip.current?.pointer === event.pointerId) endDrag(false);
      },
    }),
  };
}
