import { useLocation } from "wouter";

import { refusesKey } from "../../api/polls";
import { useProveKey } from "./verify-key";
import { addresses } from "../../lib/addresses";
import { explain } from "../../ui/error-message";
import { focusMain } from "../../lib/focus-main";
import { manageKey } from "./manage-key";
import * as strings from "../../strings";
import { LeadForm } from "../join/lookup-form";

/** Opens a poll's manage page with the link or the key that is pasted; a link may be another poll's. */
export function KeyForm({ id }: { id: string }) {
  const prove = useProveKey();
  const [, navigate] = useLocation();
  return (
    <LeadForm
      words={strings.key}
      read={(pasted) => {
        const found = manageKey(pasted);
        return found && { id, ...found };
      }}
      ask={prove}
      onFound={(_, found) => {
        // Instead of the link that did not open it: the way back does not lead there.
        navigate(addresses.manage(found.id, found.key), { replace: true });
        focusMain();
      }}
      explain={(error) => (refusesKey(error) ? strings.key.wrong : explain(error))}
    />
  );
}
