// Which letters look alike the server knows.
const CODE = /^[0-9a-z]{8}$/;

/**
 * The code of a poll in what somebody typed or pasted: by itself, whatever stands between its letters,
 * in an address, or as the last word of a sentence that can be one.
 */
export function pollCode(typed: string): string | undefined {
  const [, code = typed] = /\/p\/([^/?#]*)/.exec(typed) ?? [];
  const words = code.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...words, words.join("")].findLast((word) => CODE.test(word));
}

/** What stands in a path where a code does, however wrong; else what could be one; else "". */
export function codeInPath(path: string): string {
  const [, code] = /^\/p\/([^/]+)/.exec(path) ?? [];
  return code ?? path.split("/").find((part) => pollCode(part) !== undefined) ?? "";
}
