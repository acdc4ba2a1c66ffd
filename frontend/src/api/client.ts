import { isRecord, NO_ANSWER, Problem, toProblem } from "./problem";
import type { paths } from "./schema";

/** Milliseconds; longer than the server's own timeout, so that the server can report the error. */
export const TIMEOUT = 10_000;

type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths of the OpenAPI document that accept this method. */
type PathWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];

/** The body of the first success response in the document; undefined if it has none. */
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
 * A required member of the response, which tells it from a captive portal's JSON. A response
 * without content is recognised by its status.
 */
type ExpectedMember<Content> = Content extends object
  ? { expect: keyof Content & string }
  : { expect?: never };

type Options<Operation> = BodyOf<Operation> & ExpectedMember<Success<Operation>> & {
  /** Values for the `{…}` of the path. */
  params?: Record<string, string>;
  /** The query string; undefined members are left out. */
  query?: Record<string, string | undefined>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  cache?: RequestCache;
};

/** A response of the API. */
interface ApiResponse<T> {
  readonly content: T;
  readonly headers: Headers;
}

/**
 * Sends a request to the API, typed by its OpenAPI document.
 * @throws Problem for every response that is not a success, and if there is no response.
 */
export async function request<M extends Method, P extends PathWith<M>>(
  method: M,
  path: P,
  options: Options<paths[P][M]>,
): Promise<Success<paths[P][M]>> {
  return (await requestWithHeaders(method, path, options)).content;
}

/** Like `request`, and returns the response's headers as well. */
export async function requestWithHeaders<M extends Method, P extends PathWith<M>>(
  method: M,
  path: P,
  options: Options<paths[P][M]>,
): Promise<ApiResponse<Success<paths[P][M]>>> {
  const { body, params = {}, query = {}, headers, signal, cache, expect } = options;
  const timeout = AbortSignal.timeout(TIMEOUT);
  const response = await send(fillIn(path, params) + queryString(query), {
    method: method.toUpperCase(),
    headers: { Accept: "application/json", ...(body && JSON_BODY), ...headers },
    body: body ? JSON.stringify(body) : null,
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    cache: cache ?? "default",
  });
  const content: unknown = expect && (await response.json().catch(throwNoAnswer));
  const isOurs = expect ? isRecord(content) && expect in content : response.status === 204;
  if (!isOurs) throwNoAnswer("not an answer of the API");
  return { content: content as Success<paths[P][M]>, headers: response.headers };
}

/** Whether Nginx answered with a cached copy that it was about to replace. */
export function isStale(headers: Headers): boolean {
  return headers.get("Cache-Status")?.includes("detail=stale") ?? false;
}

/** Whether Nginx answered with a cached copy because the app failed. */
export function isStaleAfterFault(headers: Headers): boolean {
  return headers.get("Cache-Status")?.includes("fwd-status=500") ?? false;
}

const JSON_BODY = { "Content-Type": "application/json" };

/**
 * Like `fetch`, but only a success returns.
 * @throws Problem for every response that is not a success, and if there is no response.
 */
export async function send(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch(throwNoAnswer);
  if (response.ok) return response;
  // A proxy's error page is not JSON: then only the status is known.
  throw toProblem(await response.json().catch(() => undefined), response);
}

/** The network failed, or something other than the API answered, such as a captive portal. */
function throwNoAnswer(cause: unknown): never {
  // Aborted by the app, which must not be retried. A timeout has another name.
  if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
  throw new Problem(NO_ANSWER, "about:blank", String(cause));
}

/** The header that authorizes managing a poll. */
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
