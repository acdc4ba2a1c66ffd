import { expect, test } from "vitest";

import * as strings from "../strings";
import { form } from "./form.fixture";
import { charactersLeft, findErrors, placeErrors } from "./form-errors";

test("a complete form has no errors", () => {
  expect(findErrors(form(["Yes", "No", ""]))).toEqual({});
});

test("each thing that is missing is named at once", () => {
  expect(
    findErrors(form(["Yes", ""], { question: " ", closesAt: "2020-01-01T00:00" })),
  ).toEqual({
    question: strings.invalid.question,
    options: strings.invalid.fewOptions(2),
    closesAt: strings.closing.past,
  });
});

test("a repeated answer is marked where it is repeated, however it is written", () => {
  for (const same of [" yes ", "YES", "Y\u0065s"]) {
    expect(findErrors(form(["Yes", "No", same]))).toEqual({
      "option.12": strings.invalid.sameOption,
    });
  }
  // As the server compares: by case folding, and with white space of any kind.
  expect(findErrors(form(["Stra\u00dfe  1", "STRASSE\t1"]))).toHaveProperty(["option.11"]);
});

test("what is too long for the server is named, counted as the server counts", () => {
  expect(findErrors(form(["\u{1f375}".repeat(100), `  ${"x".repeat(100)} `]))).toEqual({});
  expect(findErrors(form(["x".repeat(101), "No"], { question: "?".repeat(301) }))).toEqual({
    question: strings.invalid.tooLong(300),
    "option.10": strings.invalid.tooLong(100),
  });
  expect(charactersLeft("e\u0301  e", 10)).toBe(7);
});

test("a closing time lies ahead, by ten years at most", () => {
  const now = new Date(2030, 0, 1, 12, 0);
  const closing = (closesAt: string) => findErrors(form(["Yes", "No"], { closesAt }), now).closesAt;
  expect(closing("2030-01-01T12:01")).toBeUndefined();
  expect(closing("2030-01-01T12:00")).toBe(strings.closing.past);
  expect(closing("2040-01-01T11:59")).toBeUndefined();
  expect(closing("2040-01-02T00:00")).toBe(strings.closing.late(10));
});

test("the server's messages come to the row that was sent, not to its number in the form", () => {
  const placed = placeErrors(form(["", "Yes", "No"]), [{ field: "options.1", message: "Too long" }]);
  expect(placed).toEqual({ "option.12": "Too long" });
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
    "option.10": "Odd",
    "option.11": "Even",
    form: "Whole",
  });
});
