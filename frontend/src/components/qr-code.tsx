import { useMemo } from "react";
import { encode } from "uqr";

import { spokenAddress } from "../lib/format";
import * as strings from "../strings";

/** Light modules around the code, without which phones do not find it (ISO/IEC 18004). */
const QUIET_ZONE = 4;

/** An address for phones' cameras: always dark on white, whatever the page's colours are. */
export default function QrCode({ address }: { address: string }) {
  const { size, path } = useMemo(() => draw(address), [address]);
  return (
    <svg
      className="qr"
      role="img"
      aria-label={strings.share.qr(spokenAddress(address))}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
    >
      <rect className="qr-paper" width={size} height={size} />
      <path className="qr-ink" d={path} />
    </svg>
  );
}

/** One path for all dark modules, a stroke for each run of them in a row. */
function draw(text: string): { size: number; path: string } {
  const { size, data } = encode(text, { ecc: "M", border: QUIET_ZONE });
  const strokes = data.flatMap((row, y) =>
    row.flatMap((dark, x) => {
      if (!dark || row[x - 1]) return [];
      const end = row.indexOf(false, x);
      return [`M${x} ${y}h${(end === -1 ? size : end) - x}v1H${x}z`];
    }),
  );
  return { size, path: strokes.join("") };
}
