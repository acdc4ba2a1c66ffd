import { Link } from "wouter";

import { addresses } from "../../lib/addresses";
import { focusMain } from "../../lib/focus-main";
import * as strings from "../../strings";
import { KeyForm } from "./key-form";

interface KeyNeededProps {
  readonly id: string;
  /** Whether there is a key in the address, which is not this poll's. */
  readonly wrong: boolean;
  /** Whether this device holds another key of the poll. */
  readonly known: boolean;
}

/** For whoever opens a poll's manage page without its key. */
export default function KeyNeeded({ id, wrong, known }: KeyNeededProps) {
  return (
    <div className="page notice">
      <h1 className="headline">{wrong ? strings.manage.wrongKeyTitle : strings.key.missingTitle}</h1>
      <p className="lede">{wrong ? strings.key.wrongBody : strings.key.missingBody}</p>
      <KeyForm id={id} />
      {known && (
        <div>
          <p className="hint">{strings.key.known}</p>
          <Link className="link" to={addresses.manage(id)} onClick={focusMain}>
            {strings.key.useKnown}
          </Link>
        </div>
      )}
      <Link className="link" to={addresses.results(id)}>
        {strings.manage.results}
      </Link>
    </div>
  );
}
