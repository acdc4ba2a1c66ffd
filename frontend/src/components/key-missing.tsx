import { Link } from "wouter";

import { addresses } from "../lib/addresses";
import * as strings from "../strings";

/** For whoever opens a poll's manage page without its key. */
export function KeyMissing({ id }: { id: string }) {
  return (
    <div className="page notice">
      <h1 className="headline">{strings.manage.noKeyTitle}</h1>
      <p className="lede">{strings.manage.noKeyBody}</p>
      <Link className="button" to={addresses.results(id)}>
        {strings.manage.results}
      </Link>
    </div>
  );
}
