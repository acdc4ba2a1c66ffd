import { expect, test } from "vitest";

import { isFault, NO_ANSWER, Problem, toProblem } from "./problem";

function answer(status: number, headers: Record<string, string> = {}) {
  return new Response(null, { status, headers });
}

test("a problem document is parsed completely", () => {
  const problem = toProblem(
    {
      type: "/problems/validation",
      title: "The request has invalid fields",
      status: 422,
      detail: "One field is wrong",
      errors: [{ field: "question", message: "Too long" }],
    },
    answer(422),
  );
  expect(problem).toMatchObject({
    status: 422,
    type: "/problems/validation",
    message: "One field is wrong",
    fields: ["question"],
    away: false,
  });
});

test("anything else still becomes a problem", () => {
  for (const body of [undefined, null, "<html>", { errors: [null, { field: 1 }] }]) {
    expect(toProblem(body, answer(502))).toMatchObject({ status: 502, fields: [], away: true });
  }
});

test("a refusal from something before the API counts as no answer", () => {
  for (const status of [401, 403, 404, 409]) {
    expect(toProblem("<html>", answer(status))).toMatchObject({ status: NO_ANSWER, away: true });
    expect(toProblem({ type: "/problems/not-found" }, answer(status))).toMatchObject({ status });
  }
  expect(toProblem(undefined, answer(413))).toMatchObject({ status: 413, away: false });
});

test("Retry-After is in milliseconds, and ignored unless it is a number", () => {
  expect(toProblem(null, answer(503, { "Retry-After": "5" })).retryAfter).toBe(5_000);
  expect(toProblem(null, answer(503, { "Retry-After": "soon" })).retryAfter).toBe(0);
});

const away = [NO_ANSWER, 429, 502, 503, 504, 511, 521];
const faults = [500, 501, 505];
const refusals = [400, 401, 403, 404, 409, 422];

test("outages, faults and refusals are distinguished", () => {
  const all = [...away, ...faults, ...refusals].map((status) => new Problem(status, "", ""));
  const statuses = (problems: Problem[]) => problems.map(({ status }) => status);
  expect(statuses(all.filter((problem) => problem.away))).toEqual(away);
  expect(statuses(all.filter(isFault))).toEqual(faults);
});
