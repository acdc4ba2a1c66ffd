// @vitest-environment happy-dom
import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Announcer } from "./announcer";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function pass(seconds: number) {
  act(() => {
    vi.advanceTimersByTime(seconds * 1000);
  });
}

test("the newest text is announced once per interval", () => {
  const { container, rerender } = render(<Announcer text="0 votes." />);
  const said: string[] = [];
  for (let second = 1; second <= 60; second++) {
    rerender(<Announcer text={`${second} votes.`} />);
    pass(1);
    const now = container.textContent;
    if (now !== "" && now !== said.at(-1)) said.push(now);
  }
  expect(said).toEqual(["15 votes.", "30 votes.", "45 votes.", "60 votes."]);
});

test("the first text is announced again after another one", () => {
  const { container, rerender } = render(<Announcer text="Tea leads." />);
  rerender(<Announcer text="Coffee leads." />);
  pass(15);
  rerender(<Announcer text="Tea leads." />);
  pass(15);
  expect(container.textContent).toBe("Tea leads.");
});

test("the first text is not announced", () => {
  const { container } = render(<Announcer text="7 votes." />);
  pass(120);
  expect(container.textContent).toBe("");
  expect(screen.queryByText("7 votes.")).toBeNull();
});
