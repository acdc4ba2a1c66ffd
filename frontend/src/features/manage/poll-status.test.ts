import { expect, test } from "vitest";

import type { Poll } from "../../api/polls";
import { describePollStatus, pollStatus } from "./poll-status";

const NOW = new Date("2030-05-04T12:00:00");
const later = new Date("2030-05-04T18:00:00").toISOString();
const before = new Date("2030-05-03T18:00:00").toISOString();

const poll: Poll = {
  id: "tea",
  question: "Tea or coffee?",
  options: [],
  multiple: false,
  closes_at: null,
  closed: false,
  created_at: "2030-01-01T00:00:00Z",
  results: "always",
};

const STATES = [
  { closed: false, closes_at: null, is: "open", closing: /^It stays open until you close it\.$/ },
  { closed: false, closes_at: later, is: "timed", closing: /^It closes by itself at (18:00|6:00.PM)\.$/i },
  { closed: true, closes_at: null, is: "closed", closing: /^It stays closed until you reopen it\.$/ },
  { closed: true, closes_at: later, is: "early", closing: /^If reopened, it closes at (18:00|6:00.PM)\.$/i },
  { closed: true, closes_at: before, is: "expired", closing: /^Its time ended on .*2030.*\. If reopened, it stays open\.$/ },
] as const;
const RESULTS = ["always", "voted", "closed"] as const;

test.each(STATES)("a poll that is $is says so", ({ closed, closes_at, is, closing }) => {
  const texts = describePollStatus({ ...poll, closed, closes_at }, NOW);
  expect(pollStatus({ closed, closes_at }, NOW)).toBe(is);
  expect(texts.closing).toMatch(closing);
  expect(texts.state).toBe(closed ? "Closed" : "Open");
  expect(texts.created).toContain(closed ? "is closed" : "is open");
  expect(texts.share).toMatch(closed ? /no one can vote now/ : /^Anyone .* can vote/);
});

test.each(STATES.flatMap((state) => RESULTS.map((results) => ({ ...state, results }))))(
  "who sees the results of a poll that is $is and shows them $results",
  ({ closed, closes_at, results }) => {
    const { shown } = describePollStatus({ ...poll, closed, closes_at, results }, NOW);
    // The rule of the API: everyone sees them if always, or if the poll is closed.
    expect(shown.startsWith("Everyone sees")).toBe(closed || results === "always");
  },
);

test("texts of a closed poll never describe an open one", () => {
  for (const { closed, closes_at } of STATES.filter((state) => state.closed)) {
    for (const results of RESULTS) {
      const texts = describePollStatus({ ...poll, closed, closes_at, results }, NOW);
      for (const text of Object.values(texts)) {
        expect(text).not.toMatch(/is open|^Anyone|^It (stays open|closes)|^Only (you|voters)/);
      }
    }
  }
});
