import { Link, useLocation } from "wouter";

import { addresses } from "../lib/addresses";
import { codeInPath } from "../lib/poll-code";
import { useTitle } from "../lib/use-title";
import { strings } from "../strings";
import { CodeForm } from "./code-form";

/** The page for an address that leads nowhere, and the way to the poll that was meant. */
export default function NotFound({ body }: { body: string }) {
  const [path] = useLocation();
  useTitle(strings.notFound.title);
  return (
    <div className="page notice">
      <p className="numeral notice-numeral" aria-hidden="true">
        0
      </p>
      <h1 className="headline">{strings.notFound.title}</h1>
      <p className="lede">{body}</p>
      <CodeForm key={path} initial={codeInPath(path)} />
      <Link className="link" to={addresses.home}>
        {strings.notFound.home}
      </Link>
    </div>
  );
}
