import { expect, test } from "vitest";

import { form } from "./form.fixture";
import { EMPTY_FORM, isBlank, toNewPoll } from "./poll-form";

test("empty rows are not sent, and texts are trimmed", () => {
  expect(toNewPoll(form([" Yes", "", "No "], { question: " Tea? ", multiple: true }))).toEqual({
    question: "Tea?",
    options: ["Yes", "No"],
    multiple: true,
    closes_at: null,
    results: "always",
  });
});

test("a local closing time is sent in UTC", () => {
  const sent = toNewPoll(form(["Yes", "No"], { closesAt: "2030-01-31T18:00" }));
  expect(sent.closes_at).toBe(new Date(2030, 0, 31, 18, 0).toISOString());
});

test("white space is normalized as on the server", () => {
  expect(toNewPoll(form(["Tea \t or  coffee", "No"])).options).toEqual(["Tea or coffee", "No"]);
});

test("a form is blank until it has content", () => {
  expect(isBlank(EMPTY_FORM)).toBe(true);
  expect(isBlank(form([" ", ""], { question: " " }))).toBe(true);
  expect(isBlank(form(["", "Tea"], { question: "" }))).toBe(false);
  expect(isBlank({ ...EMPTY_FORM, results: "closed" })).toBe(false);
  expect(isBlank({ ...EMPTY_FORM, closesAt: "2030-01-31T18:00" })).toBe(false);
});
