import { expect, test } from "vitest";

import { strings } from "../strings";
import { EMPTY_FORM, findErrors, placeErrors, toNewPoll, type PollForm } from "./poll-form";

function form(options: readonly string[], more: Partial<PollForm> = {}): PollForm {
  return {
    ...EMPTY_FORM,
    question: "Tea?",
    options: options.map((text, index) => ({ key: index + 10, text })),
    ...more,
  };
}

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

test("a complete form has no errors", () => {
  expect(findErrors(form(["Yes", "No", ""]))).toBeUndefined();
});

test("each thing that is missing is named at once", () => {
  expect(
    findErrors(form(["Yes", ""], { question: " ", closesAt: "2020-01-01T00:00" })),
  ).toEqual({
    option: {},
    question: strings.invalid.question,
    options: strings.invalid.fewOptions(2),
    closesAt: strings.invalid.closesAt,
  });
});

test("a repeated answer is marked where it is repeated, however it is written", () => {
  expect(findErrors(form(["Yes", "No", " yes "]))?.option).toEqual({
    12: strings.invalid.sameOption,
  });
});

test("the server's messages come to the row that was sent, not to its number in the form", () => {
  const placed = placeErrors(form(["", "Yes", "No"]), [{ field: "options.1", message: "Too long" }]);
  expect(placed.option).toEqual({ 12: "Too long" });
});

test("every form of naming a field is understood, and the first message on it is kept", () => {
  const placed = placeErrors(form(["Yes", "No"]), [
    { field: "question", message: "Too long" },
    { field: "question", message: "Too loud" },
    { field: "body.closes_at", message: "Past" },
    { field: "options", message: "Too few" },
    { field: "options[0]", message: "Odd" },
    { field: "/options/1", message: "Even" },
    { field: "", message: "Whole" },
  ]);
  expect(placed).toEqual({
    question: "Too long",
    closesAt: "Past",
    options: "Too few",
    option: { 10: "Odd", 11: "Even" },
    form: "Whole",
  });
});
