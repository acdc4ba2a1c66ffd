import { useLocation } from "wouter";

import { isKeyRefused } from "../../api/problem";
import { addresses } from "../../lib/addresses";
import { focusMain } from "../../lib/focus-main";
import * as strings from "../../strings";
import { errorMessage } from "../../ui/error-message";
import { LookupForm } from "../join/lookup-form";
import { manageKey } from "./manage-key";
import { useVerifyKey } from "./verify-key";

/** Opens a poll's manage page with the link or the key that is pasted; a link may be another poll's. */
export function KeyForm({ id }: { id: string }) {
  const prove = useVerifyKey();
  const [, navigate] = useLocation();
  return (
    <LookupForm
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
      explain={(error) => (isKeyRefused(error) ? strings.key.wrong : errorMessage(error))}
    />
  );
}
