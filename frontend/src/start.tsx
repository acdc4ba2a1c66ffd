import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { startTransition, StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { refetchOnReconnect } from "./api/refetch-on-reconnect";
import { App } from "./app";
import { waitingPolls, watchOutbox } from "./features/ballot/outbox/outbox";
import { loadComponent } from "./hooks/lazy-component";
import { ignoreDoubleClick } from "./lib/ignore-double-click";
import { keepFocus } from "./lib/keep-focus";
import type { PageRoute } from "./routes";

/** Milliseconds; after that, a loading message is shown. */
const MAX_WAIT = 400;
/** Milliseconds; a missing chunk is not a reason to reload the page here. */
const SEND_AGAIN = 60_000;

// A mutation is rendered before the next key or click, which must not send it again.
notifyManager.setScheduler(queueMicrotask);
const queryClient = new QueryClient();
refetchOnReconnect(queryClient);
watchOutbox(send);
send();
keepFocus();
ignoreDoubleClick();

/** Sends the ballots that wait on this device, such as those of a tab that was closed. */
function send(): void {
  // Most devices have none, and do not load the code that sends them.
  if (waitingPolls().length === 0) return;
  import("./features/ballot/send-ballot").then(
    ({ sendAllBallots }) => {
      sendAllBallots(queryClient);
    },
    () => setTimeout(send, SEND_AGAIN),
  );
}

/**
 * Renders the app. It waits a moment for the page's chunk, which main.ts has requested, so that the
 * first render shows the page.
 */
export async function start(route: PageRoute | undefined): Promise<void> {
  const root = document.getElementById("root") ?? document.body;
  const timeout = new Promise((resolve) => setTimeout(resolve, MAX_WAIT));
  await Promise.race([route && loadComponent(route.file), timeout]).catch(() => undefined);
  // A transition is rendered in slices, which keeps the page responsive.
  startTransition(() => {
    createRoot(root).render(
      <StrictMode>
        <QueryClientProvider client={queryClient}>
          <App />
        </QueryClientProvider>
      </StrictMode>,
    );
  });
}
