import { useState } from "react";

import { spokenAddress } from "../lib/format";
import * as strings from "../strings";
import { Address } from "./address";
import { Dialog } from "./dialog";
import { LazyQrCode } from "./lazy-qr-code";

/** The QR code of an address, which fills the window when it is pressed. */
export function LargeCode({ address }: { address: string }) {
  const [large, setLarge] = useState(false);
  const shrink = () => {
    setLarge(false);
  };
  return (
    <>
      <button
        type="button"
        className="code-button"
        aria-label={strings.share.enlarge}
        onClick={() => {
          setLarge(true);
        }}
      >
        <LazyQrCode address={address} />
      </button>
      <Dialog
        open={large}
        className="dialog-code"
        label={strings.share.qr(spokenAddress(address))}
        onClose={shrink}
      >
        {large && (
          <>
            <LazyQrCode address={address} />
            <p className="address">
              <Address url={address} />
            </p>
            <button type="button" className="button button-quiet" onClick={shrink}>
              {strings.share.shrink}
            </button>
          </>
        )}
      </Dialog>
    </>
  );
}
