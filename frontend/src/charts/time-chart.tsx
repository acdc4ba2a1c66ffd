import "./time-chart.css";

import { useCallback, useState, type ReactNode } from "react";

import { timeTicks, valueTicks } from "./axis";
import { formatClock, formatTick } from "./figures";

/** Maps moments and values to pixels. */
export interface Plot {
  /** @param moment milliseconds since 1970 */
  readonly x: (moment: number) => number;
  readonly y: (value: number) => number;
  /** The font size in pixels. */
  readonly em: number;
}

export interface ChartTable {
  readonly caption: string;
  readonly columns: readonly string[];
  /** The first cell of each row is its header. */
  readonly rows: readonly (readonly string[])[];
}

interface TimeChartProps {
  /** The content of the drawing in one or two sentences, for screen readers. */
  readonly summary: string;
  /** All figures, for screen readers. */
  readonly table: ChartTable;
  /** Milliseconds since 1970, as `to`. */
  readonly from: number;
  readonly to: number;
  /** The largest value; the axis starts at 0. */
  readonly most: number;
  /** Whether values are integers. */
  readonly whole?: boolean;
  readonly children: (plot: Plot) => ReactNode;
}

/**
 * The axes of a chart over time, and the area for the drawing.
 *
 * It is drawn in pixels of its current size, so that lines are sharp and text has the page's font
 * size at any width. The style sheet sets the height, so that nothing moves once it is drawn.
 */
export function TimeChart({ summary, table, ...drawing }: TimeChartProps) {
  const [size, measured] = useSize();
  return (
    <>
      <svg className="time-chart" role="img" aria-label={summary} ref={measured}>
        {size && <Drawing {...drawing} {...size} />}
      </svg>
      <div className="visually-hidden">
        <Table {...table} />
      </div>
    </>
  );
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly em: number;
}

/** The current size of an element, and the callback for its `ref`. */
function useSize(): [Size | undefined, (element: SVGSVGElement) => () => void] {
  const [size, setSize] = useState<Size>();
  const measured = useCallback((element: SVGSVGElement) => {
    const observer = new ResizeObserver(() => {
      const { width, height } = element.getBoundingClientRect();
      setSize({ width, height, em: parseFloat(getComputedStyle(element).fontSize) });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);
  return [size, measured];
}

const DIGIT = 0.6; // width in em, at most, in the page's fonts

function Drawing({
  width,
  height,
  em,
  from,
  to,
  most,
  whole = false,
  children,
}: Size & Omit<TimeChartProps, "summary" | "table">) {
  const values = valueTicks(most, whole, height > 14 * em ? 4 : 3).map((value) => ({
    value,
    label: formatTick(value),
  }));
  const left = Math.ceil((Math.max(...values.map(({ label }) => label.length)) * DIGIT + 0.6) * em);
  const right = width - Math.ceil(0.5 * em);
  const top = Math.ceil(0.8 * em);
  const bottom = Math.floor(height - 1.8 * em);

  const longest = values.at(-1)?.value ?? 1;
  const x = (moment: number) => left + ((moment - from) / Math.max(to - from, 1)) * (right - left);
  const y = (value: number) => bottom - (value / longest) * (bottom - top);

  const labelWidth = formatClock(new Date(to), to - from < 120_000).length * DIGIT * em;
  const times = timeTicks(from, to, Math.floor((right - left) / (labelWidth * 1.6)));
  const inside = (at: number) => Math.min(Math.max(at, labelWidth / 2), width - labelWidth / 2);

  return (
    <>
      {values.map(({ value, label }) => (
        <g key={value} className={value === 0 ? "chart-base" : "chart-line"}>
          <line x1={left} x2={right} y1={Math.round(y(value))} y2={Math.round(y(value))} />
          <text x={left - 0.5 * em} y={y(value) + 0.35 * em} textAnchor="end">
            {label}
          </text>
        </g>
      ))}
      {times.map(({ at, label }) => (
        <g key={at} className="chart-base">
          <line x1={Math.round(x(at))} x2={Math.round(x(at))} y1={bottom} y2={bottom + 0.3 * em} />
          <text x={inside(x(at))} y={bottom + 1.5 * em} textAnchor="middle">
            {label}
          </text>
        </g>
      ))}
      {children({ x, y, em })}
    </>
  );
}

function Table({ caption, columns, rows }: ChartTable) {
  return (
    <table>
      <caption>{caption}</caption>
      <thead>
        <tr>
          {columns.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, ...cells], row) => (
          <tr key={row}>
            <th scope="row">{name}</th>
            {cells.map((cell, column) => (
              <td key={column}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
