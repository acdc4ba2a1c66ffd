import { Suspense } from "react";

import { lazyComponent } from "../../hooks/lazy-component";
import { ErrorBoundary } from "../error-boundary";

const QrCode = lazyComponent(() => import("./qr-code"));

/**
 * The QR code, whose chunk is loaded when it is shown. Its space is reserved, and stays empty if it
 * cannot be loaded, since the URL is shown beside it.
 */
export function LazyQrCode({ address }: { address: string }) {
  return (
    <div className="qr-frame">
      <ErrorBoundary resetKey={address} fallback={null}>
        <Suspense>
          <QrCode address={address} />
        </Suspense>
      </ErrorBoundary>
    </div>
  );
}
