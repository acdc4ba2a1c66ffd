import { Link } from "wouter";

import { addresses } from "../../lib/addresses";
import { focusMain } from "../../lib/focus-main";
import * as strings from "../../strings";
import { KeyForm } from "./key-form";

interface KeyNeededProps {
  readonly id: string;
  /** Whether the URL has a key of another poll. */
  readonly wrong: boolean;
  /** Whether this device has another key of the poll. */
  readonly known: boolean;
}

/** Shown when the manage page is opened without a valid key. */
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
