import { useLocation } from "wouter";

import { isGone } from "../../api/problem";
import { addresses } from "../../lib/addresses";
import * as strings from "../../strings";
import { errorMessage } from "../../ui/error-message";
import { useFindPoll } from "./find-poll";
import { LookupForm } from "./lookup-form";
import { pollCode } from "./poll-code";

/**
 * Opens the poll of a typed code.
 * @param initial the initial value, to be corrected
 */
export function CodeForm({ initial }: { initial: string }) {
  const find = useFindPoll();
  const [, navigate] = useLocation();
  return (
    <LookupForm
      words={strings.code}
      initial={initial}
      className="code-input"
      parse={pollCode}
      lookup={find}
      onFound={({ id }) => {
        navigate(addresses.vote(id));
      }}
      explain={(error) => (isGone(error) ? strings.code.unknown : errorMessage(error))}
    />
  );
}
