import { expect, test } from "vitest";

import { NO_ANSWER, Problem, toProblem } from "./problem";

function answer(status: number, headers: Record<string, string> = {}) {
  return new Response(null, { status, headers });
}

test("a problem document is read whole", () => {
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
    passing: false,
  });
});

test("anything else still becomes a problem", () => {
  for (const body of [undefined, null, "<html>", { errors: [null, { field: 1 }] }]) {
    expect(toProblem(body, answer(502))).toMatchObject({ status: 502, fields: [], passing: true });
  }
});

test("the time to wait is in milliseconds, and a date or nonsense is none", () => {
  expect(toProblem(null, answer(503, { "Retry-After": "5" })).retryAfter).toBe(5_000);
  expect(toProblem(null, answer(503, { "Retry-After": "soon" })).retryAfter).toBe(0);
});

test("only what may pass by itself is passing", () => {
  const passing = [NO_ANSWER, 429, 500, 503].map((status) => new Problem(status, "", "").passing);
  const lasting = [400, 401, 403, 404, 409, 422].map((s) => new Problem(s, "", "").passing);
  expect(passing).not.toContain(false);
  expect(lasting).not.toContain(true);
});
