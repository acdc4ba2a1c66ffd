import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

import { importDirection } from "./eslint/import-direction.js";

// Visible or spoken text: between tags, or in an attribute that is shown or read out.
const SHOWN = [
  ":matches(JSXElement, JSXFragment)",
  "JSXAttribute[name.name=/^(aria-(label|description|roledescription|valuetext)|title|alt|placeholder|label)$/]",
];
const LITERAL = "Literal[value=/\\p{L}/u]";
const WORDS = [
  "JSXText[value=/\\p{L}/u]",
  ...SHOWN.flatMap((place) => [
    `${place} > ${LITERAL}`,
    `${place} > JSXExpressionContainer > ${LITERAL}`,
    `${place} > JSXExpressionContainer > :matches(ConditionalExpression, LogicalExpression) > ${LITERAL}`,
    `${place} > JSXExpressionContainer > TemplateLiteral > TemplateElement[value.raw=/\\p{L}/u]`,
  ]),
];

export default defineConfig([
  globalIgnores(["dist", "src/api/schema.d.ts"]),
  {
    files: ["**/*.{ts,tsx}"],
    extends: [
      js.configs.recommended,
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked,
      reactHooks.configs.flat.recommended,
      a11y.flatConfigs.strict,
    ],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-undef": "off", // tsc checks it
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { tally: { rules: { "import-direction": importDirection } } },
    rules: { "tally/import-direction": "error" },
  },
  {
    files: ["src/**/*.tsx"],
    ignores: ["**/*.test.tsx"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...WORDS.map((selector) => ({ selector, message: "Words belong in src/strings/." })),
      ],
    },
  },
]);
