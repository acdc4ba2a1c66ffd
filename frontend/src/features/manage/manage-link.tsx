import { Link } from "wouter";

import { addresses } from "../../lib/addresses";
import { knownKey } from "../../lib/known-polls";
import * as strings from "../../strings";

/** The host's way back to where a poll is run: shown on the device that holds its key only. */
export function ManageLink({ id, className = "" }: { id: string; className?: string }) {
  if (knownKey(id) === undefined) return null;
  return (
    <Link className={`button button-quiet ${className}`} to={addresses.manage(id)}>
      {strings.manageLink}
    </Link>
  );
}
