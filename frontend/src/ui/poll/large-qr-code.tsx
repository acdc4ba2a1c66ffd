import { spokenAddress } from "../../lib/format";
import * as strings from "../../strings";
import { Dialog } from "../dialog";
import { Address } from "./address";
import { LazyQrCode } from "./lazy-qr-code";

interface LargeQrCodeProps {
  readonly address: string;
  /** Whether it fills the window. State of the page, which may move the button while it does. */
  readonly large: boolean;
  readonly onChange: (large: boolean) => void;
}

/** The QR code of a URL, which fills the window when it is pressed. */
export function LargeQrCode({ address, large, onChange }: LargeQrCodeProps) {
  const shrink = () => {
    onChange(false);
  };
  return (
    <>
      <button
        type="button"
        className="code-button"
        aria-label={strings.share.enlarge}
        onClick={() => {
          onChange(true);
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
