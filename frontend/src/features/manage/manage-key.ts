import { pollCode } from "../join/poll-code";

/** A key, and its poll if a whole link was pasted. */
export interface PastedKey {
  readonly id?: string;
  readonly key: string;
}

/** The key in pasted text: the key alone, or a secret link. */
export function manageKey(pasted: string): PastedKey | undefined {
  // Mail programs may break the link into lines.
  const [, link = "", key = ""] = /^(.*#)?([\w-]{32})(?![\w-])/.exec(pasted.replace(/\s+/g, "")) ?? [];
  if (key === "") return undefined;
  if (link === "" || link === "#") return { key };
  const id = link.includes("/p/") ? pollCode(link) : undefined;
  return id === undefined ? undefined : { id, key };
}
