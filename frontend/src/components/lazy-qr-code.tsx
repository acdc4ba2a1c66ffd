import { lazy, Suspense } from "react";

import { load } from "../lib/load";

const QrCode = lazy(() => load(() => import("./qr-code")));

/** The QR code, which is loaded where it is shown; its place is kept meanwhile. */
export function LazyQrCode({ address }: { address: string }) {
  return (
    <div className="qr-frame">
      <Suspense>
        <QrCode address={address} />
      </Suspense>
    </div>
  );
}
