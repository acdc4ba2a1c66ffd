import { useLocation } from "wouter";

import { useFindPoll } from "./find-poll";
import { isGone } from "../../api/polls";
import { addresses } from "../../lib/addresses";
import { explain } from "../../ui/error-message";
import { pollCode } from "./poll-code";
import * as strings from "../../strings";
import { LeadForm } from "./lookup-form";

/**
 * Leads to a poll whose code is typed by hand.
 * @param initial what was typed before, to be mended
 */
export function CodeForm({ initial }: { initial: string }) {
  const find = useFindPoll();
  const [, navigate] = useLocation();
  return (
    <LeadForm
      words={strings.code}
      initial={initial}
      className="code-input"
      read={pollCode}
      ask={find}
      onFound={({ id }) => {
        navigate(addresses.vote(id));
      }}
      explain={(error) => (isGone(error) ? strings.code.unknown : explain(error))}
    />
  );
}
