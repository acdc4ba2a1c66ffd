import { expect, test } from "vitest";

import { listEntries } from "./pasted-list";

test("each line is an entry, except empty ones", () => {
  expect(listEntries("Tea\r\n\r\n  Coffee \n\t\nMilk\n")).toEqual(["Tea", "Coffee", "Milk"]);
});

test("bullets, checkboxes and numbers are removed", () => {
  expect(listEntries("- Tea\n* Coffee\n• Milk\n– Water\n- [ ] Juice\n- [x] Mate")).toEqual([
    "Tea",
    "Coffee",
    "Milk",
    "Water",
    "Juice",
    "Mate",
  ]);
  expect(listEntries("1. Tea\n2. Coffee\n3.\tMilk")).toEqual(["Tea", "Coffee", "Milk"]);
  expect(listEntries("9) Tea\n10) Coffee")).toEqual(["Tea", "Coffee"]);
  expect(listEntries("a) Tea\n\nb) Coffee")).toEqual(["Tea", "Coffee"]);
  expect(listEntries("(1) Tea\nwithout a number\n(2) Coffee")).toEqual([
    "Tea",
    "without a number",
    "Coffee",
  ]);
});

test("lines without numbers do not end a numbering", () => {
  expect(listEntries("1. Tea\nCoffee\n3. Milk")).toEqual(["Tea", "Coffee", "Milk"]);
  expect(listEntries("Tea\n2) Coffee\nMilk\n\nWater\n5) Juice")).toEqual([
    "Tea",
    "Coffee",
    "Milk",
    "Water",
    "Juice",
  ]);
  expect(listEntries("a) Tea\nCoffee\n- c) Milk")).toEqual(["Tea", "Coffee", "Milk"]);
  expect(listEntries("1. Tea\n2.\n3. Milk")).toEqual(["Tea", "Milk"]);
});

test("one number among bullets is removed", () => {
  expect(listEntries("- Tea\n* Coffee\n3. Milk")).toEqual(["Tea", "Coffee", "Milk"]);
  expect(listEntries("- Bundesliga\n- Regionalliga\n- 3. Liga")[2]).toBe("3. Liga");
  expect(listEntries("- Hamburg\n- Berlin\n1. FC Köln")[2]).toBe("1. FC Köln");
});

test("a spreadsheet's row is one entry, its only row a list", () => {
  expect(listEntries("Tea\t\tgreen\t\n\tCoffee\n")).toEqual(["Tea green", "Coffee"]);
  expect(listEntries("Tea\t\tgreen tea\tCoffee\n")).toEqual(["Tea", "green tea", "Coffee"]);
  expect(listEntries("3.\tMilk")).toEqual(["3. Milk"]);
  expect(listEntries("Yes, of course, why not")).toEqual(["Yes, of course, why not"]);
});

test("text that only looks like a bullet or number is kept", () => {
  for (const text of [
    "1. FC Köln\n1. FC Nürnberg",
    "J. S. Bach\nG. F. Händel",
    "-5 °C\n-10 °C",
    "1.5 l\n2.5 l",
    "3. Liga",
    "1. Mai\n3. Oktober\n25. Dezember",
    "1. FC Köln\nBayern\n3. FC Nürnberg e.V.\n3. Liga",
    "1.5 litres\n2 litres\n3.5 litres",
    "2023\n2024\n2025",
    "1.\n2.\n3.",
    "2023. Rückblick\n2024. Ausblick",
    "*not* that\n*but* this",
  ]) {
    expect(listEntries(text)).toEqual(text.split("\n"));
  }
});
