import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { hurryWhenOnline } from "./api/hurry";
import { App } from "./app";
import { load } from "./lib/load";
import { waitingPolls, watchOutbox } from "./lib/outbox";

// What was sent is seen before the next key or click: a second one must not send it again.
notifyManager.setScheduler(queueMicrotask);
const queryClient = new QueryClient();
hurryWhenOnline(queryClient);
watchOutbox(send);
send();

/** Sends the ballots that wait on this device, also of a tab that was closed before it could. */
function send(): void {
  // Few devices hold one, and the ballot's own page brings what sends it.
  if (waitingPolls().length === 0) return;
  void load(() => import("./api/delivery")).then(({ deliverAll }) => {
    deliverAll(queryClient);
  });
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html holds no #root");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
