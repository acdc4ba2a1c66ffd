import { isRecord, NO_ANSWER, Problem, toProblem } from "./problem";
import type { paths } from "./schema";

/** Longer than the server's own limit on a query, so that its answer comes before ours. */
export const TIMEOUT = 10_000;

type Method = "get" | "post" | "put" | "patch" | "delete";

/** The addresses of the OpenAPI document that take this method. */
type PathWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];

/** The body of the first success that the document promises; undefined where it has none. */
type Success<Operation> = Operation extends { responses: infer R }
  ? R[keyof R & (200 | 201 | 204)] extends { content: { "application/json": infer T } }
    ? T
    : undefined
  : never;

type BodyOf<Operation> = Operation extends {
  requestBody: { content: { "application/json": infer T } };
}
  ? { body: T }
  : { body?: never };

/**
 * What an answer is told by from a stranger's, such as a hotel's, which may be JSON, too: a member
 * that it always has. What has no content has its status.
 */
type ProofOf<Content> = Content extends object
  ? { proof: keyof Content & string }
  : { proof?: never };

type Options<Operation> = BodyOf<Operation> & ProofOf<Success<Operation>> & {
  /** What replaces the `{…}` of the address. */
  params?: Record<string, string>;
  /** What follows the `?`; a member that is undefined is left out. */
  query?: Record<string, string | undefined>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  cache?: RequestCache;
};

/** What the API answered, and the headers it came with. */
interface Answer<T> {
  readonly content: T;
  readonly headers: Headers;
}

/**
 * Asks the API, typed by its OpenAPI document.
 * @throws Problem for every answer that is not a success, and where there is no answer.
 */
export async function request<M extends Method, P extends PathWith<M>>(
  method: M,
  path: P,
  options: Options<paths[P][M]>,
): Promise<Success<paths[P][M]>> {
  return (await requestWithHeaders(method, path, options)).content;
}

/** The same with the headers of the answer. */
export async function requestWithHeaders<M extends Method, P extends PathWith<M>>(
  method: M,
  path: P,
  options: Options<paths[P][M]>,
): Promise<Answer<Success<paths[P][M]>>> {
  const { body, params = {}, query = {}, headers, signal, cache, proof } = options;
  const timeout = AbortSignal.timeout(TIMEOUT);
  const response = await send(fillIn(path, params) + queryString(query), {
    method: method.toUpperCase(),
    headers: { Accept: "application/json", ...(body && JSON_BODY), ...headers },
    body: body ? JSON.stringify(body) : null,
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    cache: cache ?? "default",
  });
  const content: unknown = proof && (await response.json().catch(unanswered));
  const ours = proof ? isRecord(content) && proof in content : response.status === 204;
  if (!ours) unanswered("a stranger's answer");
  return { content: content as Success<paths[P][M]>, headers: response.headers };
}

/** Whether the front door answered with a copy that it was just about to replace. */
export function isStale(headers: Headers): boolean {
  return headers.get("Cache-Status")?.includes("detail=stale") ?? false;
}

/** Whether it did since the app behind it fails. */
export function hidesFault(headers: Headers): boolean {
  return headers.get("Cache-Status")?.includes("fwd-status=500") ?? false;
}

const JSON_BODY = { "Content-Type": "application/json" };

/**
 * A fetch that succeeds or throws.
 * @throws Problem for every answer that is not a success, and where there is no answer.
 */
export async function send(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch(unanswered);
  if (response.ok) return response;
  // A proxy's error page is no JSON: then the status has to say it all.
  throw toProblem(await response.json().catch(() => undefined), response);
}

/** The network failed, or something answered that is not the API, such as a hotel's login page. */
function unanswered(cause: unknown): never {
  // Given up by us, and not to be tried again; a timeout is another error.
  if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
  throw new Problem(NO_ANSWER, "about:blank", String(cause));
}

/** The header that proves the right to manage a poll. */
export function bearer(key: string): { Authorization: string } {
  return { Authorization: `Bearer ${key}` };
}

function queryString(query: Record<string, string | undefined>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

/** `/api/polls/{poll_id}` with `{poll_id: "ab"}` → `/api/polls/ab` */
export function fillIn(path: string, params: Record<string, string>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
}
