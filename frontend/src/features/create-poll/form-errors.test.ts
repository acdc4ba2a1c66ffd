import { expect, test } from "vitest";

import * as strings from "../../strings";
import { charactersLeft, findErrors, placeErrors } from "./form-errors";
import { form } from "./form.fixture";

test("a complete form has no errors", () => {
  expect(findErrors(form(["Yes", "No", ""]))).toEqual({});
});

test("all missing fields have errors", () => {
  expect(
    findErrors(form(["Yes", ""], { question: " ", closesAt: "2020-01-01T00:00" })),
  ).toEqual({
    question: strings.invalid.question,
    options: strings.invalid.fewOptions(2),
    closesAt: strings.closing.past,
  });
});

test("a repeated option has an error, whatever its case", () => {
  for (const same of [" yes ", "YES", "Y\u0065s"]) {
    expect(findErrors(form(["Yes", "No", same]))).toEqual({
      "option.12": strings.invalid.sameOption,
    });
  }
  // Compared as on the server: case-folded, with normalized white space.
  expect(findErrors(form(["kır", "kir"]))).toEqual({}); // two different words on the server, too
  expect(findErrors(form(["Stra\u00dfe  1", "STRASSE\t1"]))).toHaveProperty(["option.11"]);
});

test("too long texts have errors, counted in code points", () => {
  expect(findErrors(form(["\u{1f375}".repeat(100), `  ${"x".repeat(100)} `]))).toEqual({});
  expect(findErrors(form(["x".repeat(101), "No"], { question: "?".repeat(301) }))).toEqual({
    question: strings.invalid.tooLong(300),
    "option.10": strings.invalid.tooLong(100),
  });
  expect(charactersLeft("e\u0301  e", 10)).toBe(7);
});

test("a closing time is at most ten years in the future", () => {
  const now = new Date(2030, 0, 1, 12, 0);
  const closing = (closesAt: string) => findErrors(form(["Yes", "No"], { closesAt }), now).closesAt;
  expect(closing("2030-01-01T12:01")).toBeUndefined();
  expect(closing("2030-01-01T12:00")).toBe(strings.closing.past);
  expect(closing("2040-01-01T11:59")).toBeUndefined();
  expect(closing("2040-01-02T00:00")).toBe(strings.closing.late(10));
});

test("a server error is shown at the row that was sent", () => {
  expect(placeErrors(form(["", "Yes", "No"]), ["options.1"])).toEqual({
    "option.12": strings.invalid.unreadable,
  });
});

test("each field that the server refuses has a message", () => {
  const fields = ["question", "closes_at", "options", "options.0", "Idempotency-Key"];
  expect(placeErrors(form(["Yes", "No"]), fields)).toEqual({
    question: strings.invalid.unreadable,
    closesAt: strings.closing.unchosen,
    options: strings.invalid.sameOptions,
    "option.10": strings.invalid.unreadable,
    form: strings.trouble.unexpected,
  });
});
