// @vitest-environment happy-dom
import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";

import { NO_ANSWER, Problem } from "./problem";
import { retryOptions } from "./query";
import { refetchOnReconnect } from "./refetch-on-reconnect";

afterEach(() => {
  vi.useRealTimers();
});

test.each(["fails", "hangs"])("a query that %s is refetched when the network returns", async (what) => {
  vi.useFakeTimers();
  const client = new QueryClient();
  refetchOnReconnect(client);
  let back = false;
  const ask = vi.fn(() => {
    if (back) return Promise.resolve("an answer");
    if (what === "hangs") return new Promise<string>(() => undefined);
    return Promise.reject(new Problem(NO_ANSWER, "about:blank", ""));
  });
  client.query({ queryKey: ["poll"], queryFn: ask, ...retryOptions() }).catch(() => undefined);
  await vi.advanceTimersByTimeAsync(30_000);
  const before = ask.mock.calls.length;
  back = true;
  window.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(1);
  expect(ask.mock.calls.length).toBe(before + 1);
  expect(client.getQueryData(["poll"])).toBe("an answer");
});
