import { Link } from "wouter";

import { addresses } from "../../lib/addresses";
import { knownKey } from "../../lib/known-polls";
import * as strings from "../../strings";

/** The link to the manage page; shown only on a device that has the poll's key. */
export function ManageLink({ id, className = "" }: { id: string; className?: string }) {
  if (knownKey(id) === undefined) return null;
  return (
    <Link className={`button button-quiet ${className}`} to={addresses.manage(id)}>
      {strings.manageLink}
    </Link>
  );
}
