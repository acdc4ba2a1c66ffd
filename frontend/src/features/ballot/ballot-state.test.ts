import { expect, test } from "vitest";

import { type BallotInput, ballotView } from "./ballot-state";

/** The view of a ballot with options 1 to 3, as text. */
function shown(known: Partial<BallotInput>) {
  const { chosen, state, open, mark } = ballotView({ counted: [], closed: false, away: false, ...known });
  const marks = [1, 2, 3].flatMap((option) => {
    const one = mark(option);
    return one === undefined ? [] : [`${option} ${one}`];
  });
  return { chosen, state, open, marks };
}

test("a choice that was not sent is marked as such", () => {
  expect(shown({})).toEqual({ chosen: [], state: "blank", open: true, marks: [] });
  expect(shown({ unsent: [1] })).toEqual({ chosen: [1], state: "unsent", open: true, marks: ["1 unsent"] });
  expect(shown({ counted: [1] })).toEqual({ chosen: [1], state: "counted", open: false, marks: ["1 counted"] });
});

test("an unsent change keeps the counted choice marked", () => {
  expect(shown({ counted: [1, 3], unsent: [2, 3] })).toEqual({
    chosen: [2, 3],
    state: "changed",
    open: true,
    marks: ["1 still", "2 unsent", "3 counted"],
  });
});

test("a vote being sent is not counted, and stays visible", () => {
  expect(shown({ counted: [1], waiting: [2] })).toMatchObject({ state: "sending", marks: ["2 sending"] });
  expect(shown({ counted: [1], waiting: [2], away: true, unsent: [3] })).toEqual({
    chosen: [3],
    state: "changedWhileWaiting",
    open: true,
    marks: ["2 waiting", "3 unsent"],
  });
});

test("removed choices are an unsent change", () => {
  expect(shown({ counted: [1], unsent: [] })).toMatchObject({ state: "changed", open: true, marks: ["1 still"] });
});

test.each([
  ["nothing", {}, "closed", []],
  ["what was not sent", { unsent: [2] }, "missed", ["2 missed"]],
  ["what came too late", { refused: [2] }, "late", ["2 late"]],
] as const)("a closed ballot shows no cross of who had none counted: %s", (_, known, state, marks) => {
  expect(shown({ ...known, closed: true })).toEqual({ chosen: [], state, open: false, marks });
});

test.each([
  ["nothing", {}, "closed", ["1 counted"]],
  ["the same", { unsent: [1] }, "closed", ["1 counted"]],
  ["what was not sent", { unsent: [2] }, "missedChange", ["1 counted", "2 missed"]],
  ["what came too late", { refused: [2] }, "lateChange", ["1 counted", "2 late"]],
] as const)("a closed ballot shows what was counted: %s", (_, known, state, marks) => {
  expect(shown({ ...known, counted: [1], closed: true })).toEqual({ chosen: [1], state, open: false, marks });
});

test("a vote on its way to a closed poll is unsure", () => {
  const known = { counted: [1], waiting: [2], closed: true };
  expect(shown(known)).toEqual({ chosen: [2], state: "unsure", open: false, marks: ["2 sending"] });
});

test("a late vote can be sent when the poll is reopened", () => {
  expect(shown({ refused: [2] })).toEqual({ chosen: [2], state: "unsent", open: true, marks: ["2 unsent"] });
});
