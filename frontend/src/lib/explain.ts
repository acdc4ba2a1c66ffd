import { Problem } from "../api/problem";
import { strings } from "../strings";

/** Why something that was sent did not succeed, in words for who sent it. */
export function explain(error: Error): string {
  if (!(error instanceof Problem)) return strings.trouble.unexpected;
  if (error.passing) return strings.trouble.unreachable;
  const said = error.errors[0]?.message ?? error.message;
  return said === "" ? strings.trouble.unexpected : said;
}
