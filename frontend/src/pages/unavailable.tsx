import { useEffect } from "react";

import { isFault, isGone } from "../api/problem";
import { outageOf, type QueryProgress } from "../api/query";
import { lazyComponent } from "../hooks/lazy-component";
import { focusMain } from "../lib/focus-main";
import * as strings from "../strings";
import { LoadingPage } from "../ui/loading-page";
import { Notice } from "../ui/notice";
import { ReloadButton } from "../ui/reload-button";
import { RetryButton } from "../ui/retry-button";

// Not with the first file, which every ballot loads.
const NotFound = lazyComponent(() => import("../features/join/not-found"));

interface Asked extends QueryProgress {
  readonly error: Error | null;
  /** What was there before. */
  readonly data?: unknown;
}

/** Stands in for a poll's page while the poll cannot be shown, and says why. */
export function Unavailable({ asked }: { asked: Asked }) {
  if (isGone(asked.error)) {
    return asked.data === undefined ? <NotFound body={strings.trouble.noPoll} /> : <Deleted />;
  }
  if (isFault(asked.error)) {
    return (
      <Notice title={strings.trouble.failedTitle} body={strings.trouble.failedBody}>
        <RetryButton />
      </Notice>
    );
  }
  if (asked.error !== null) {
    return (
      <Notice title={strings.trouble.unexpectedTitle} body={strings.trouble.unexpectedBody}>
        <ReloadButton />
      </Notice>
    );
  }
  if (outageOf(asked) !== "away") return <LoadingPage />;
  return <Notice title={strings.trouble.awayTitle} body={strings.trouble.awayBody} />;
}

/** The poll was there, and is gone under the reader's hands: reading starts again at the top. */
function Deleted() {
  useEffect(() => {
    window.scrollTo(0, 0);
    focusMain();
  }, []);
  return <NotFound body={strings.trouble.deleted} mistyped={false} />;
}
