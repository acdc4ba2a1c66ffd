import { useState } from "react";
import { Link } from "wouter";

import { absolute, addresses } from "../../lib/addresses";
import * as strings from "../../strings";
import { Address } from "../../ui/poll/address";
import { CopyButton } from "../../ui/poll/copy-button";
import { LargeQrCode } from "../../ui/poll/large-qr-code";
import { ShareButton } from "./share-button";

interface ShareSectionProps {
  readonly id: string;
  readonly question: string;
  /** What the URL can be used for. */
  readonly hint: string;
}

/** The ways to share the ballot's URL: QR code, text, or another app. */
export function ShareSection({ id, question, hint }: ShareSectionProps) {
  const [large, setLarge] = useState(false);
  const address = absolute(addresses.vote(id));

  return (
    <section className="manage-share">
      <div className="share-words">
        <h2 className="label">{strings.share.title}</h2>
        <Link className="address" to={addresses.vote(id)}>
          <Address url={address} />
        </Link>
        <p className="hint">{hint}</p>
        <div className="actions">
          <Link className="button" to={addresses.present(id)}>
            {strings.share.present}
          </Link>
          <CopyButton text={address} />
          <ShareButton title={question} url={address} />
        </div>
      </div>
      <LargeQrCode address={address} large={large} onChange={setLarge} />
    </section>
  );
}
