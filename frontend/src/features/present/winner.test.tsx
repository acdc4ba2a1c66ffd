// @vitest-environment happy-dom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import * as strings from "../../strings";
import { Winner } from "./winner";

afterEach(cleanup);

function winnerOf(...names: string[]) {
  return render(<Winner names={names} />).container;
}

test("a single winner is named", () => {
  expect(winnerOf("Coffee").querySelector(".winner-name")?.textContent).toBe("Coffee");
});

test("tied winners are joined, each in its own direction", () => {
  const { children, textContent } = winnerOf("Tea", "Water").querySelector(".winner-name") ?? document.body;
  expect(textContent).toBe("Tea and Water");
  expect([...children].map(({ tagName }) => tagName)).toEqual(["BDI", "SPAN", "BDI"]);
});

test("many tied winners are only counted", () => {
  expect(winnerOf("Tea", "Coffee", "Water", "Juice").querySelector(".winner-name")?.textContent).toBe(
    strings.present.tied(4),
  );
});

test("a poll without votes has no winner", () => {
  winnerOf();
  expect(screen.getByText(strings.present.noVotes)).toBeTruthy();
  expect(screen.queryByText(strings.present.most)).toBeNull();
});
