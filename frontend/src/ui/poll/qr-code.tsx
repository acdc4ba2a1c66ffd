import { toSvgPath } from "lean-qr/extras/svg";
import { correction, generate } from "lean-qr/nano";
import { useMemo } from "react";

import { spokenAddress } from "../../lib/format";
import * as strings from "../../strings";

/** Light modules around the code, which phones need to find it (ISO/IEC 18004). */
const QUIET_ZONE = 4;

/** The QR code of a URL, dark on white in every colour scheme. */
export default function QrCode({ address }: { address: string }) {
  const code = useMemo(() => generate(address, { minCorrectionLevel: correction.M }), [address]);
  const side = code.size + 2 * QUIET_ZONE;
  return (
    <svg
      className="qr"
      role="img"
      aria-label={strings.share.qr(spokenAddress(address))}
      viewBox={`${-QUIET_ZONE} ${-QUIET_ZONE} ${side} ${side}`}
      shapeRendering="crispEdges"
    >
      <rect className="qr-paper" x={-QUIET_ZONE} y={-QUIET_ZONE} width={side} height={side} />
      <path className="qr-ink" d={toSvgPath(code)} />
    </svg>
  );
}
