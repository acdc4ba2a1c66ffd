import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { startTransition, StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { refetchOnReconnect } from "./api/refetch-on-reconnect";
import { App } from "./app";
import { waitingPolls, watchOutbox } from "./features/ballot/outbox";
import { loadComponent } from "./hooks/lazy-component";
import { ignoreDoubleClick } from "./lib/ignore-double-click";
import { keepFocus } from "./lib/keep-focus";
import type { PageRoute } from "./routes";

/** Milliseconds; then it is said that the page is being loaded. */
const WORTH_WAITING = 400;
/** Milliseconds; what sends the ballots may be missing, and is no reason to load the page again. */
const SEND_AGAIN = 60_000;

// What was sent is seen before the next key or click: a second one must not send it again.
notifyManager.setScheduler(queueMicrotask);
const queryClient = new QueryClient();
refetchOnReconnect(queryClient);
watchOutbox(send);
send();
keepFocus();
ignoreDoubleClick();

/** Sends the ballots that wait on this device, also of a tab that was closed before it could. */
function send(): void {
  // Few devices hold one, and the ballot's own page brings what sends it.
  if (waitingPolls().length === 0) return;
  import("./features/ballot/send-ballot").then(
    ({ sendAllBallots }) => {
      sendAllBallots(queryClient);
    },
    () => setTimeout(send, SEND_AGAIN),
  );
}

/**
 * Shows the page that was opened, whose file main.ts has asked for: with the first render, unless
 * the file takes long.
 */
export async function start(route: PageRoute | undefined): Promise<void> {
  const root = document.getElementById("root") ?? document.body;
  const soon = new Promise((resolve) => setTimeout(resolve, WORTH_WAITING));
  await Promise.race([route && loadComponent(route.file), soon]).catch(() => undefined);
  // A transition is rendered in slices: nothing that is pressed meanwhile has to wait for it.
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
