// @vitest-environment happy-dom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import * as strings from "../../strings";
import { Winner } from "./winner";

afterEach(cleanup);

function winnerOf(...names: string[]) {
  return render(<Winner names={names} />).container;
}

test("who has the most votes is named", () => {
  expect(winnerOf("Coffee").querySelector(".winner-name")?.textContent).toBe("Coffee");
});

test("who has as many as another is named with it, each in its own direction", () => {
  const { children, textContent } = winnerOf("Tea", "Water").querySelector(".winner-name") ?? document.body;
  expect(textContent).toBe("Tea and Water");
  expect([...children].map(({ tagName }) => tagName)).toEqual(["BDI", "SPAN", "BDI"]);
});

test("of many that share the lead none is named", () => {
  expect(winnerOf("Tea", "Coffee", "Water", "Juice").querySelector(".winner-name")?.textContent).toBe(
    strings.present.tied(4),
  );
});

test("where nobody voted, nobody leads", () => {
  winnerOf();
  expect(screen.getByText(strings.present.nobody)).toBeTruthy();
  expect(screen.queryByText(strings.present.most)).toBeNull();
});
