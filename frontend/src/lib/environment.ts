/**
 * What the host decides where the app runs: Nginx answers /env.js with the PUBLIC_* variables as
 * `window.env`, so one build serves every deployment. Each is optional, and so is the file.
 */
interface RuntimeEnvironment {
  /** What the app calls itself. */
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
