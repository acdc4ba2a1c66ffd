import { Suspense } from "react";

import { lazyComponent } from "../../hooks/lazy-component";
import { ErrorBoundary } from "../error-boundary";

const QrCode = lazyComponent(() => import("./qr-code"));

/**
 * The QR code, which is loaded where it is shown; its place is kept meanwhile, and stays empty where
 * it cannot be loaded: the address stands beside it.
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
