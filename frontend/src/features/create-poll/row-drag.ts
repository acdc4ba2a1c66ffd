/** The position of a row, in pixels from the top of the page. */
export interface Box {
  readonly top: number;
  readonly height: number;
}

/** The new index of a row that is dragged `by` pixels. */
export function dropIndex(boxes: readonly Box[], from: number, by: number): number {
  const row = boxes[from];
  if (row === undefined) return from;
  const top = row.top + by;
  // A row moves once more than half of it is covered.
  const above = boxes.slice(0, from).filter((box) => top >= box.top + box.height / 2).length;
  const below = boxes
    .slice(from + 1)
    .filter((box) => top + row.height > box.top + box.height / 2).length;
  return below > 0 ? from + below : above;
}

/**
 * Drags a row of a list with a pointer, while the other rows make room for it. Each row's
 * `data-place` is the position it would get, from 1.
 */
export class RowDrag {
  readonly #rows: readonly HTMLElement[];
  readonly #boxes: readonly Box[];
  readonly #from: number;
  readonly #start: number;
  #to: number;

  /**
   * @param rows the rows of the list, in order
   * @param from the index of the dragged row
   * @param start the pointer's position at the start, in pixels from the top of the page
   */
  constructor(rows: readonly HTMLElement[], from: number, start: number) {
    this.#rows = rows;
    this.#boxes = rows.map((row) => {
      const { top, height } = row.getBoundingClientRect();
      return { top: top + window.scrollY, height };
    });
    this.#from = from;
    this.#to = from;
    this.#start = start;
    const list = rows[from]?.parentElement;
    if (list) list.dataset.dragging = "";
    if (rows[from]) rows[from].dataset.dragged = "";
  }

  /** The index at which the row would be dropped now. */
  get to(): number {
    return this.#to;
  }

  /** Moves the row to the pointer's position, in pixels from the top of the page. */
  follow(pointer: number): void {
    const first = this.#boxes[0];
    const last = this.#boxes.at(-1);
    const row = this.#boxes[this.#from];
    if (!first || !last || !row) return;
    const by = Math.min(
      Math.max(pointer - this.#start, first.top - row.top),
      last.top + last.height - row.top - row.height,
    );
    this.#to = dropIndex(this.#boxes, this.#from, by);
    const room = this.#pitch(this.#from);
    this.#rows.forEach((element, index) => {
      const down = Number(index < this.#from && index >= this.#to);
      const up = Number(index > this.#from && index <= this.#to);
      const shift = index === this.#from ? by : (down - up) * room;
      element.style.translate = shift === 0 ? "" : `0 ${shift}px`;
      element.dataset.place = String(index === this.#from ? this.#to + 1 : index + down - up + 1);
    });
  }

  /** Puts every row back to its place in the document. */
  end(): void {
    this.#rows.forEach((row, index) => {
      row.style.translate = "";
      row.dataset.place = String(index + 1);
      delete row.dataset.dragged;
      delete row.parentElement?.dataset.dragging;
    });
  }

  /** The height of a row and the gap after it. */
  #pitch(index: number): number {
    const [some, other] = [this.#boxes[0], this.#boxes[1]];
    const gap = some && other ? other.top - some.top - some.height : 0;
    return (this.#boxes[index]?.height ?? 0) + gap;
  }
}
