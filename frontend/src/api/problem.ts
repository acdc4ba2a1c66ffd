/** No answer came at all: the network, a timeout, or something that is not the API. */
export const NO_ANSWER = 0;
/** What says that the server is down, restarted or overrun. */
const AWAY = [NO_ANSWER, 429, 502, 503, 504];
/** A network's own, which wants a login first (RFC 6585, section 6); above it are those of edges. */
const LOGIN_FIRST = 511;
/** Also a proxy's, and to be told whosever it is. */
const TOO_LARGE = 413;

/** The answer of the API where it is not a success: an RFC 9457 problem document. */
export class Problem extends Error {
  override readonly name = "Problem";

  /** HTTP status, or NO_ANSWER. */
  readonly status: number;
  /** The problem's stable `type`, such as `/problems/poll-closed`. */
  readonly type: string;
  /** The fields that were refused, from a 422 problem's `errors`. */
  readonly fields: readonly string[];
  /** How long the server asks to wait, in milliseconds. */
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

  /** Whether the server did not get to it: the same request succeeds once it is back. */
  get away(): boolean {
    return AWAY.includes(this.status) || this.status >= LOGIN_FIRST;
  }
}

/** Whether the server got to it and failed, which may pass, or be a mistake that stays. */
export function isFault(error: Error | null | undefined): boolean {
  return error instanceof Problem && error.status >= 500 && !error.away;
}

/** Reads a problem from the body of an answer, which may also be a proxy's HTML or nothing. */
export function toProblem(body: unknown, response: Response): Problem {
  const document = isRecord(body) ? body : {};
  const type = text(document.type) ?? "about:blank";
  const { status } = response;
  // What a firewall or a wrong route refuses says nothing of the poll, nor of its key.
  const strange = status < 500 && status !== TOO_LARGE && !type.startsWith("/problems/");
  return new Problem(
    strange ? NO_ANSWER : status,
    type,
    text(document.detail) ?? text(document.title) ?? "",
    refusedFields(document.errors),
    Number(response.headers.get("Retry-After") ?? 0) * 1000 || 0,
  );
}

function refusedFields(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).flatMap(({ field }) => text(field) ?? []);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
