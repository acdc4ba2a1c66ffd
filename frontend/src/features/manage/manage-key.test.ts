import { expect, test } from "vitest";

import { manageKey } from "./manage-key";

const KEY = "aB3-_6789012345678901234567890xy";

test("a key is found in a secret link, even with line breaks", () => {
  const found = { id: "abcd1234", key: KEY };
  expect(manageKey(`https://tally.example/p/abcd1234/manage#${KEY}`)).toEqual(found);
  expect(manageKey(` https://tally.example/p/ABCD1234/man\nage#${KEY.slice(0, 9)}\n${KEY.slice(9)} `)).toEqual(found);
  expect(manageKey(`/p/abcd1234/manage#${KEY}`)).toEqual(found);
});

test("punctuation after a link is not part of the key", () => {
  for (const tail of [".", ")", ",", "…", "%20", ">", "\u200b"]) {
    const found = { id: "abcd1234", key: KEY };
    expect(manageKey(`https://tally.example/p/abcd1234/manage#${KEY}${tail}`)).toEqual(found);
  }
});

test("the key alone is accepted", () => {
  expect(manageKey(KEY)).toEqual({ key: KEY });
  expect(manageKey(`#${KEY}\n`)).toEqual({ key: KEY });
});

test.each([
  "",
  "abcd1234",
  KEY.slice(1),
  `${KEY}x`,
  "https://tally.example/p/abcd1234/manage",
  `https://tally.example/p/abcd1234/manage#${KEY.slice(1)}`,
  `https://tally.example/p/abcd/manage#${KEY}`,
  `https://elsewhere.example/#${KEY}`,
])("%j is neither", (pasted) => {
  expect(manageKey(pasted)).toBeUndefined();
});
