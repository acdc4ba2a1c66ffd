/** No answer came at all: the network, a timeout, or something that is not the API. */
export const NO_ANSWER = 0;

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

  /** Whether the same request may succeed later, without anything being changed in it. */
  get passing(): boolean {
    return this.status === NO_ANSWER || this.status === 429 || this.status >= 500;
  }
}

/** Reads a problem from the body of an answer, which may also be a proxy's HTML or nothing. */
export function toProblem(body: unknown, response: Response): Problem {
  const document = isRecord(body) ? body : {};
  return new Problem(
    response.status,
    text(document.type) ?? "about:blank",
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
