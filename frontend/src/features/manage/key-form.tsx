import { useLocation } from "wouter";

import { isKeyRefused } from "../../api/problem";
import { addresses } from "../../lib/addresses";
import { focusMain } from "../../lib/focus-main";
import * as strings from "../../strings";
import { errorMessage } from "../../ui/error-message";
import { LookupForm } from "../join/lookup-form";
import { manageKey } from "./manage-key";
import { useVerifyKey } from "./verify-key";

/** Opens the manage page of a pasted link or key. A link may be of another poll. */
export function KeyForm({ id }: { id: string }) {
  const prove = useVerifyKey();
  const [, navigate] = useLocation();
  return (
    <LookupForm
      words={strings.key}
      parse={(pasted) => {
        const found = manageKey(pasted);
        return found && { id, ...found };
      }}
      lookup={prove}
      onFound={(_, found) => {
        // Replaces the invalid link in the history.
        navigate(addresses.manage(found.id, found.key), { replace: true });
        focusMain();
      }}
      explain={(error) => (isKeyRefused(error) ? strings.key.wrong : errorMessage(error))}
    />
  );
}
