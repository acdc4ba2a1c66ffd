import { lazy, Suspense } from "react";

const QrCode = lazy(() => import("./qr-code"));

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
