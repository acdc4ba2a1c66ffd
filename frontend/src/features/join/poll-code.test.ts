import { expect, test } from "vitest";

import { codeInPath, pollCode } from "./poll-code";

test("a code is found in typed and pasted text", () => {
  for (const typed of [
    "7x3kabcd",
    " 7X3K ABCD ",
    "7x3k-abcd",
    "tally.example/p/7x3kabcd",
    "https://tally.example/p/7x3kabcd/results?key=a#b",
    "“7X3K-ABCD”.",
    "The code is 7x3kabcd.",
    "Question 7: 7x3kabcd",
  ]) {
    expect(pollCode(typed)).toBe("7x3kabcd");
  }
});

test("other text has no code", () => {
  for (const typed of ["", "7x3kabc", "7x3kabcde", "7x3käbcd", "7x3kabcdä", "https://tally.example/status"]) {
    expect(pollCode(typed)).toBeUndefined();
  }
});

test("a mistyped address returns its code, to be corrected", () => {
  expect(codeInPath("/p/7x3kab/results")).toBe("7x3kab");
  expect(codeInPath("/7x3kabcd")).toBe("7x3kabcd");
  expect(codeInPath("/nowhere")).toBe("");
});
