import { Link } from "wouter";

import { addresses } from "../lib/addresses";
import { focusMain } from "../lib/focus-main";
import { strings } from "../strings";

interface KeyWrongProps {
  readonly id: string;
  /** Whether this device holds another key of the poll. */
  readonly known: boolean;
}

/** For whoever opens a poll's manage page with a key that is not its own. */
export function KeyWrong({ id, known }: KeyWrongProps) {
  return (
    <div className="page notice">
      <h1 className="headline">{strings.manage.wrongKeyTitle}</h1>
      <p className="lede">{strings.manage.wrongKeyBody}</p>
      {known && <p>{strings.manage.wrongKeyKnown}</p>}
      <div className="actions">
        {known && (
          <Link className="button" to={addresses.manage(id)} onClick={focusMain}>
            {strings.manage.useKnown}
          </Link>
        )}
        <Link className={known ? "button button-quiet" : "button"} to={addresses.results(id)}>
          {strings.manage.results}
        </Link>
      </div>
    </div>
  );
}
