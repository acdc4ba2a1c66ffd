// The server replaces letters that look alike.
const CODE = /^[0-9a-z]{8}$/;

/**
 * The poll code in typed or pasted text: the code alone, with any separators, in a URL, or the last
 * word of a sentence that can be a code.
 */
export function pollCode(typed: string): string | undefined {
  const [, code = typed] = /\/p\/([^/?#]*)/.exec(typed) ?? [];
  const words = code.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...words, words.join("")].findLast((word) => CODE.test(word));
}

/** The part of a path in the place of a code, even if malformed, or one that can be a code, or "". */
export function codeInPath(path: string): string {
  const [, code] = /^\/p\/([^/]+)/.exec(path) ?? [];
  return code ?? path.split("/").find((part) => pollCode(part) !== undefined) ?? "";
}
