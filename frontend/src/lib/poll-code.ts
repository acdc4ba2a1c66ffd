/** The code of a poll in what somebody typed or pasted: by itself, or at the end of an address. */
export function pollCode(typed: string): string | undefined {
  const [, code = typed] = /\/p\/([^/?#]*)/.exec(typed) ?? [];
  const plain = code.replace(/[\s-]+/g, "").toLowerCase();
  // Which letters look alike the server knows.
  return /^[0-9a-z]{8}$/.test(plain) ? plain : undefined;
}

/** What stands in a path where a code does, however wrong; else what could be one; else "". */
export function codeInPath(path: string): string {
  const [, code] = /^\/p\/([^/]+)/.exec(path) ?? [];
  return code ?? path.split("/").find((part) => pollCode(part) !== undefined) ?? "";
}
