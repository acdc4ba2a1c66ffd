/** Where a row of a list lies, in pixels from the top of the page. */
export interface Box {
  readonly top: number;
  readonly height: number;
}

/** The index at which a row lands that is taken `by` pixels from its own place. */
export function landing(boxes: readonly Box[], from: number, by: number): number {
  const row = boxes[from];
  if (row === undefined) return from;
  const top = row.top + by;
  // A row makes room once more than half of it is covered.
  const above = boxes.slice(0, from).filter((box) => top >= box.top + box.height / 2).length;
  const below = boxes
    .slice(from + 1)
    .filter((box) => top + row.height > box.top + box.height / 2).length;
  return below > 0 ? from + below : above;
}

/**
 * A row that follows a pointer up and down its list, while the others make room for it.
 * Each row says in `data-place` which one it would be, counted from 1.
 */
export class RowDrag {
  readonly #rows: readonly HTMLElement[];
  readonly #boxes: readonly Box[];
  readonly #from: number;
  readonly #start: number;
  #to: number;

  /**
   * @param rows the list's rows, in their order
   * @param from which of them is taken
   * @param start where the pointer took it, in pixels from the top of the page
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

  /** Where the row would be, were it let go now. */
  get to(): number {
    return this.#to;
  }

  /** Takes the row to where the pointer is, in pixels from the top of the page. */
  follow(pointer: number): void {
    const first = this.#boxes[0];
    const last = this.#boxes.at(-1);
    const row = this.#boxes[this.#from];
    if (!first || !last || !row) return;
    const by = Math.min(
      Math.max(pointer - this.#start, first.top - row.top),
      last.top + last.height - row.top - row.height,
    );
    this.#to = landing(this.#boxes, this.#from, by);
    const room = this.#pitch(this.#from);
    this.#rows.forEach((element, index) => {
      const down = Number(index < this.#from && index >= this.#to);
      const up = Number(index > this.#from && index <= this.#to);
      const shift = index === this.#from ? by : (down - up) * room;
      element.style.translate = shift === 0 ? "" : `0 ${shift}px`;
      element.dataset.place = String(index === this.#from ? this.#to + 1 : index + down - up + 1);
    });
  }

  /** Puts every row back to where the page itself has it. */
  end(): void {
    this.#rows.forEach((row, index) => {
      row.style.translate = "";
      row.dataset.place = String(index + 1);
      delete row.dataset.dragged;
      delete row.parentElement?.dataset.dragging;
    });
  }

  /** How much room a row takes, with the gap to the next one. */
  #pitch(index: number): number {
    const [some, other] = [this.#boxes[0], this.#boxes[1]];
    const gap = some && other ? other.top - some.top - some.height : 0;
    return (this.#boxes[index]?.height ?? 0) + gap;
  }
}
