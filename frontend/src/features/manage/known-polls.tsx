import { useState } from "react";
import { Link } from "wouter";

import { addresses } from "../../lib/addresses";
import { knownPolls } from "../../lib/known-polls";
import * as strings from "../../strings";

/** The polls whose keys this device has. */
export function KnownPolls() {
  const [polls] = useState(knownPolls);
  if (polls.length === 0) return null;
  return (
    <section className="known">
      <h2 className="label">{strings.create.yours}</h2>
      <ul className="known-list">
        {polls.map(({ id, question }) => (
          <li key={id}>
            {/* Without the key, which the page finds on this device. */}
            <Link to={addresses.manage(id)} dir="auto">
              {question}{" "}
              <span className="hint" dir="ltr">
                {id}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <p className="hint">{strings.create.yoursHint}</p>
    </section>
  );
}
