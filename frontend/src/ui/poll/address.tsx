import type { CSSProperties } from "react";

import { spokenAddress } from "../../lib/format";

/**
 * A URL to be read from a distance. Its line breaks only between host and path, and its font size
 * makes each of them fit.
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
