import createClient from "openapi-fetch";

import { NO_ANSWER, Problem, toProblem } from "./problem";
import type { paths } from "./schema";

/** Longer than the server's own limit on a query, so that its answer comes before ours. */
const TIMEOUT = 10_000;

/** The API, typed by its OpenAPI document. */
export const api = createClient<paths>({
  fetch: (request) =>
    fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT)]) }),
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * Waits for a call and hands back its data.
 * @throws Problem for every answer that is not a success, and where there is no answer.
 */
export async function answered<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    throw new Problem(NO_ANSWER, "about:blank", String(cause));
  });
  if (!response.ok) throw toProblem(error, response);
  return data as T;
}

/** The header that proves the right to manage a poll. */
export function bearer(key: string): { Authorization: string } {
  return { Authorization: `Bearer ${key}` };
}
