import { Link } from "wouter";

import { addresses } from "../lib/addresses";
import { useTitle } from "../lib/use-title";
import { strings } from "../strings";

/** The page for an address that leads nowhere. */
export function NotFound({ body }: { body: string }) {
  useTitle(strings.notFound.title);
  return (
    <div className="page notice">
      <p className="numeral notice-numeral" aria-hidden="true">
        0
      </p>
      <h1 className="headline">{strings.notFound.title}</h1>
      <p className="lede">{body}</p>
      <Link className="button" to={addresses.home}>
        {strings.notFound.home}
      </Link>
    </div>
  );
}
