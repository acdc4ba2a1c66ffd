import { Suspense } from "react";

import { lazily } from "../../hooks/lazy-component";
import { Breakage } from "../error-boundary";

const QrCode = lazily(() => import("./qr-code"));

/**
 * The QR code, which is loaded where it is shown; its place is kept meanwhile, and stays empty where
 * it cannot be loaded: the address stands beside it.
 */
export function LazyQrCode({ address }: { address: string }) {
  return (
    <div className="qr-frame">
      <Breakage at={address} instead={null}>
        <Suspense>
          <QrCode address={address} />
        </Suspense>
      </Breakage>
    </div>
  );
}
