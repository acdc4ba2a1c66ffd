import { expect, test } from "vitest";

import { form } from "./form.fixture";
import { EMPTY_FORM, isBlank, toNewPoll } from "./poll-form";

test("empty rows are not sent, and what is sent is trimmed", () => {
  expect(toNewPoll(form([" Yes", "", "No "], { question: " Tea? ", multiple: true }))).toEqual({
    question: "Tea?",
    options: ["Yes", "No"],
    multiple: true,
    closes_at: null,
    results: "always",
  });
});

test("a local closing time is sent as a moment", () => {
  const sent = toNewPoll(form(["Yes", "No"], { closesAt: "2030-01-31T18:00" }));
  expect(sent.closes_at).toBe(new Date(2030, 0, 31, 18, 0).toISOString());
});

test("white space is sent as the server keeps it", () => {
  expect(toNewPoll(form(["Tea \t or  coffee", "No"])).options).toEqual(["Tea or coffee", "No"]);
});

test("a form is blank until there is something in it that anyone would miss", () => {
  expect(isBlank(EMPTY_FORM)).toBe(true);
  expect(isBlank(form([" ", ""], { question: " " }))).toBe(true);
  expect(isBlank(form(["", "Tea"], { question: "" }))).toBe(false);
  expect(isBlank({ ...EMPTY_FORM, results: "closed" })).toBe(false);
  expect(isBlank({ ...EMPTY_FORM, closesAt: "2030-01-31T18:00" })).toBe(false);
});
