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

// In a chunk of its own, which a ballot does not need.
const NotFound = lazyComponent(() => import("../features/join/not-found"));

interface UnavailableProps extends QueryProgress {
  readonly error: Error | null;
  /** The data before the error. */
  readonly data?: unknown;
}

/** Shown in place of a page whose query has no data, with the reason. */
export function Unavailable({ query }: { query: UnavailableProps }) {
  if (isGone(query.error)) {
    return query.data === undefined ? <NotFound body={strings.trouble.noPoll} /> : <Deleted />;
  }
  if (isFault(query.error)) {
    return (
      <Notice title={strings.trouble.failedTitle} body={strings.trouble.failedBody}>
        <RetryButton />
      </Notice>
    );
  }
  if (query.error !== null) {
    return (
      <Notice title={strings.trouble.unexpectedTitle} body={strings.trouble.unexpectedBody}>
        <ReloadButton />
      </Notice>
    );
  }
  if (outageOf(query) !== "away") return <LoadingPage />;
  return <Notice title={strings.trouble.awayTitle} body={strings.trouble.awayBody} />;
}

/** The poll was deleted while it was shown: moves the focus to the new content. */
function Deleted() {
  useEffect(() => {
    window.scrollTo(0, 0);
    focusMain();
  }, []);
  return <NotFound body={strings.trouble.deleted} mistyped={false} />;
}
