// @vitest-environment happy-dom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import * as strings from "../../strings";
import { Outcome } from "./winner";

afterEach(cleanup);

const LABELS = ["Tea", "Coffee", "Water", "Juice"];

function outcomeOf(...votes: number[]) {
  const options = votes.map((count, at) => ({ id: at + 1, label: LABELS[at] ?? "", votes: count }));
  return render(<Outcome options={options} ballots={votes.reduce((sum, count) => sum + count)} />)
    .container;
}

test("who has the most votes is named", () => {
  expect(outcomeOf(1, 3, 2).querySelector(".outcome-name")?.textContent).toBe("Coffee");
});

test("who has as many as another is named with it, each in its own direction", () => {
  const { children, textContent } = outcomeOf(2, 1, 2).querySelector(".outcome-name") ?? document.body;
  expect(textContent).toBe("Tea and Water");
  expect([...children].map(({ tagName }) => tagName)).toEqual(["BDI", "SPAN", "BDI"]);
});

test("of many that share the lead none is named", () => {
  expect(outcomeOf(1, 1, 1, 1).querySelector(".outcome-name")?.textContent).toBe(
    strings.present.tied(4),
  );
});

test("where nobody voted, nobody leads", () => {
  outcomeOf(0, 0);
  expect(screen.getByText(strings.present.nobody)).toBeTruthy();
  expect(screen.queryByText(strings.present.most)).toBeNull();
});
