import { Linter } from "eslint";
import { resolve } from "node:path";
import { expect, test } from "vitest";

import { importDirection } from "./import-direction.js";

/** What the rule says about a file below src with this text. */
function messages(file: string, text: string): string[] {
  const config: Linter.Config = {
    files: ["**/*.{ts,tsx}"],
    plugins: { tally: { rules: { "import-direction": importDirection } } },
    rules: { "tally/import-direction": "error" },
  };
  const filename = resolve(import.meta.dirname, "../src", file);
  const root = resolve(import.meta.dirname, "..");
  return new Linter({ cwd: root }).verify(text, config, { filename }).map(({ message }) => message);
}

test("imports of the folders below and of libraries are allowed", () => {
  const text = 'import "react"; import "../../lib/format"; import "../../ui/dialog"; import "../join/poll-code";';
  expect(messages("features/manage/new.ts", text)).toEqual([]);
  expect(messages("app.tsx", 'import "./pages/join"; import("./features/join/code-form");')).toEqual([]);
});

test.each([
  ["lib/new.ts", 'import "../strings";', "lib/ must not import strings"],
  ["ui/new.ts", 'export * from "../features/join/poll-code";', "ui/ must not import features"],
  ["hooks/new.ts", 'import("../ui/dialog");', "hooks/ must not import ui"],
  ["pages/new.ts", 'import "../app";', "pages/ must not import app.tsx"],
  [
    "features/join/new.ts",
    'import "../manage/manage-key";',
    "the feature join must not import the feature manage",
  ],
])("import from %s of %s is refused", (file, text, message) => {
  expect(messages(file, text)).toEqual([message]);
});

test("an import that closes a cycle is refused, with the path", () => {
  expect(messages("api/problem.ts", 'import "./client";')).toEqual([
    "the import closes a cycle: api/problem.ts → api/client.ts → api/problem.ts",
  ]);
  expect(messages("features/results/timeline-chart.tsx", 'import("./vote-timeline");')).toEqual([
    "the import closes a cycle: features/results/timeline-chart.tsx → " +
      "features/results/vote-timeline.tsx → features/results/timeline-chart.tsx",
  ]);
});
