import { pollCode } from "../join/poll-code";

/** A key, and the poll that it is of where a whole link names it. */
export interface PastedKey {
  readonly id?: string;
  readonly key: string;
}

/** The key in what somebody pasted: by itself, or at the end of a secret link. */
export function manageKey(pasted: string): PastedKey | undefined {
  // A mail program may have broken the link into lines.
  const [, link = "", key = ""] = /^(.*#)?([\w-]{32})(?![\w-])/.exec(pasted.replace(/\s+/g, "")) ?? [];
  if (key === "") return undefined;
  if (link === "" || link === "#") return { key };
  const id = link.includes("/p/") ? pollCode(link) : undefined;
  return id === undefined ? undefined : { id, key };
}
