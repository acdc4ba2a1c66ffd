// @vitest-environment happy-dom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import type { Poll, Results } from "../../api/polls";
import * as strings from "../../strings";
import { Count } from "./count";

afterEach(cleanup);

const poll: Poll = {
  id: "tea",
  question: "Tea or coffee?",
  options: [
    { id: 1, label: "Tea" },
    { id: 2, label: "Coffee" },
  ],
  multiple: false,
  closes_at: null,
  closed: false,
  created_at: "2030-01-01T00:00:00Z",
  results: "always",
};

function results(votes: readonly [number, number] | null, more: Partial<Results> = {}): Results {
  return {
    ballots: votes ? votes[0] + votes[1] : 3,
    hidden: votes === null,
    options: poll.options.map((option, at) => ({ ...option, votes: votes?.[at] ?? null })),
    closed: false,
    closes_at: null,
    as_of: "2030-01-01T00:00:00Z",
    ...more,
  };
}

test("each option shows its share and votes, in order", () => {
  render(<Count poll={poll} results={results([1, 2])} />);
  const rows = screen.getAllByRole("listitem");
  expect(rows.map((row) => row.textContent)).toEqual(["33%Tea1 vote", "67%Coffee2 votes"]);
  expect(rows.map((row) => row.dataset.leads)).toEqual(["false", "true"]);
});

test("large numbers are grouped", () => {
  render(<Count poll={poll} results={results([12_480, 1])} />);
  expect(screen.getByText("12,480 votes")).toBeTruthy();
  expect(screen.getAllByRole("listitem")[1]?.textContent).toBe("1%Coffee1 vote");
});

test("hidden results show no rows, but when they will be shown", () => {
  render(<Count poll={{ ...poll, results: "closed" }} results={results(null)} />);
  expect(screen.queryAllByRole("listitem")).toEqual([]);
  expect(screen.getByText(strings.results.hidden.closed)).toBeTruthy();
  expect(screen.queryByRole("link")).toBeNull();
});

test("results hidden until voting link to the ballot", () => {
  render(<Count poll={{ ...poll, results: "voted" }} results={results(null)} />);
  expect(screen.getByRole("link", { name: strings.results.toVote }).getAttribute("href")).toBe("/p/tea");
});

test("multiple choices are mentioned", () => {
  render(<Count poll={{ ...poll, multiple: true }} results={results([2, 2])} />);
  expect(screen.getByText(strings.results.several)).toBeTruthy();
});
