import { Link, useLocation } from "wouter";

import { useTitle } from "../../hooks/use-title";
import { addresses } from "../../lib/addresses";
import { forget, knownKey } from "../../lib/known-polls";
import * as strings from "../../strings";
import { CodeForm } from "./code-form";
import { codeInPath } from "./poll-code";

interface Props {
  readonly body: string;
  /** Whether the URL may be mistyped: then the page offers to correct it. */
  readonly mistyped?: boolean;
}

/** Shown for an unknown URL, with a form that finds the right poll. */
export default function NotFound({ body, mistyped = true }: Props) {
  const [path] = useLocation();
  const code = codeInPath(path);
  useTitle(strings.notFound.title);
  return (
    <div className="page notice">
      <p className="numeral notice-numeral" aria-hidden="true">
        0
      </p>
      <h1 className="headline">{strings.notFound.title}</h1>
      <p className="lede">{body}</p>
      {mistyped && <CodeForm key={path} initial={code} />}
      {knownKey(code) !== undefined && (
        <p>
          {strings.notFound.listed}{" "}
          <Link
            className="link"
            to={addresses.home}
            onClick={() => {
              forget(code);
            }}
          >
            {strings.notFound.unlist}
          </Link>
        </p>
      )}
      <Link className="link" to={addresses.home}>
        {strings.notFound.home}
      </Link>
    </div>
  );
}
