import type { CSSProperties } from "react";

import { spokenAddress } from "../../lib/format";

/**
 * An address to be read off a wall: it breaks between its host and its path, if it has to, and is
 * set small enough to break nowhere else.
 */
export function Address({ url }: { url: string }) {
  const [host = "", ...path] = spokenAddress(url).split("/");
  const parts = [host, `/${path.join("/")}`] as const;
  const lengths = {
    "--longest-part": Math.max(...parts.map((part) => part.length)),
    "--letters": parts.join("").length,
  } as CSSProperties;
  return (
    <bdi dir="ltr" style={lengths}>
      <span className="address-part">{parts[0]}</span>
      <wbr />
      <span className="address-part">{parts[1]}</span>
    </bdi>
  );
}
