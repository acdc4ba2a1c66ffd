/** There was no answer from the API: a network error, a timeout, or an answer of something else. */
export const NO_ANSWER = 0;
/** Statuses of a server that is down, restarting or overloaded. */
const AWAY = [NO_ANSWER, 429, 502, 503, 504];
/** A network that requires a login (RFC 6585, section 6). CDNs use the numbers above it. */
const NETWORK_AUTHENTICATION_REQUIRED = 511;
/** Shown to the user even if a proxy sent it. */
const TOO_LARGE = 413;

/** An error response of the API: an RFC 9457 problem document. */
export class Problem extends Error {
  override readonly name = "Problem";

  /** HTTP status, or NO_ANSWER. */
  readonly status: number;
  /** The problem's stable `type`, such as `/problems/poll-closed`. */
  readonly type: string;
  /** The invalid fields, from the `errors` of a 422 problem. */
  readonly fields: readonly string[];
  /** The Retry-After header, in milliseconds; 0 without one. */
  readonly retryAfter: number;

  constructor(
    status: number,
    type: string,
    detail: string,
    fields: readonly string[] = [],
    retryAfter = 0,
  ) {
    super(detail);
    this.status = status;
    this.type = type;
    this.fields = fields;
    this.retryAfter = retryAfter;
  }

  /** Whether the request was not handled: it succeeds once the server is back. */
  get away(): boolean {
    return AWAY.includes(this.status) || this.status >= NETWORK_AUTHENTICATION_REQUIRED;
  }
}

/** Whether the server handled the request and failed, which may pass or be a bug. */
export function isFault(error: Error | null | undefined): boolean {
  return error instanceof Problem && error.status >= 500 && !error.away;
}

/** Whether a poll does not exist, or no longer exists. */
export function isGone(error: Error | null): boolean {
  return error instanceof Problem && (error.status === 404 || error.status === 410);
}

/** Whether the key is wrong. A 401, a missing key, may be caused by something between us and the API. */
export function isWrongKey(error: Error | null): boolean {
  return error instanceof Problem && error.status === 403;
}

/** Whether the server refused the key, rather than the request. */
export function isKeyRefused(error: Error | null): boolean {
  return isWrongKey(error) || (error instanceof Problem && error.status === 401);
}

/** Reads a problem from a response body, which may also be a proxy's HTML or empty. */
export function toProblem(body: unknown, response: Response): Problem {
  const document = isRecord(body) ? body : {};
  const type = text(document.type) ?? "about:blank";
  const { status } = response;
  // The refusal of a firewall or a wrong route says nothing about the poll or its key.
  const isForeign = status < 500 && status !== TOO_LARGE && !type.startsWith("/problems/");
  return new Problem(
    isForeign ? NO_ANSWER : status,
    type,
    text(document.detail) ?? text(document.title) ?? "",
    invalidFields(document.errors),
    Number(response.headers.get("Retry-After") ?? 0) * 1000 || 0,
  );
}

function invalidFields(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).flatMap(({ field }) => text(field) ?? []);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
