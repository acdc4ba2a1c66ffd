/**
 * Configuration at run time: Nginx serves the PUBLIC_* variables in /env.js as `window.env`, so that
 * one build fits every deployment. Each variable is optional, and so is the file.
 */
interface RuntimeEnvironment {
  /** The name of the app. */
  readonly PUBLIC_APP_NAME?: string;
}

declare global {
  var env: RuntimeEnvironment | undefined;
}

const DEFAULT_APP_NAME = "Tally";

/** The app's name in the header and in page titles. */
export const appName = nonBlank(globalThis.env?.PUBLIC_APP_NAME) ?? DEFAULT_APP_NAME;

function nonBlank(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === "" ? undefined : trimmed;
}
