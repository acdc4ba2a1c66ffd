// @vitest-environment happy-dom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Outage, QueryProgress } from "../../api/query";
import * as strings from "../../strings";
import { LiveState } from "./live-state";

const idle: QueryProgress = { failureCount: 0, failureReason: null, fetchStatus: "idle" };
const fetching: QueryProgress = { ...idle, fetchStatus: "fetching" };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function state(query: QueryProgress, { closed = false, outage }: { closed?: boolean; outage?: Outage } = {}) {
  return <LiveState closed={closed} outage={outage} query={query} />;
}

function shownText() {
  return screen.getByRole("status").textContent;
}

function pass(seconds: number) {
  act(() => {
    vi.advanceTimersByTime(seconds * 1000);
  });
}

test("numbers are live, or closed for a closed poll", () => {
  const { rerender } = render(state(idle));
  expect(shownText()).toBe(strings.liveState.live);
  rerender(state(idle, { closed: true }));
  expect(shownText()).toBe(strings.liveState.closed);
  rerender(state(idle, { outage: "away" }));
  pass(3);
  expect(shownText()).toBe(strings.liveState.away);
  rerender(state(fetching, { closed: true, outage: "failing" }));
  pass(5);
  expect(shownText()).toBe(strings.liveState.failing);
});

test("a single failed request shows no outage", () => {
  const { rerender } = render(state(idle));
  for (let look = 0; look < 5; look += 1) {
    rerender(state(fetching, { outage: "away" }));
    pass(1.5);
    expect(shownText()).toBe(strings.liveState.live);
    rerender(state(idle));
    pass(1);
  }
});

test("a slow network is announced once", () => {
  const { rerender } = render(state(fetching));
  pass(5);
  expect(shownText()).toBe(strings.liveState.away);
  for (let look = 0; look < 5; look += 1) {
    rerender(state(idle));
    pass(1);
    rerender(state(fetching));
    pass(5);
    expect(shownText()).toBe(strings.liveState.live);
  }
  pass(2);
  expect(shownText()).toBe(strings.liveState.away);
});

test("a device without a network shows an outage at once", () => {
  const online = vi.spyOn(navigator, "onLine", "get").mockReturnValue(true);
  render(state(idle));
  online.mockReturnValue(false);
  act(() => {
    window.dispatchEvent(new Event("offline"));
  });
  expect(shownText()).toBe(strings.liveState.away);
  online.mockReturnValue(true);
  act(() => {
    window.dispatchEvent(new Event("online"));
  });
  expect(shownText()).toBe(strings.liveState.live);
});

test("a request that hangs shows an outage", () => {
  const { rerender } = render(state(fetching));
  pass(3);
  expect(shownText()).toBe(strings.liveState.live);
  pass(2);
  expect(shownText()).toBe(strings.liveState.away);
  rerender(state(idle));
  expect(shownText()).toBe(strings.liveState.live);
  rerender(state(fetching));
  expect(shownText()).toBe(strings.liveState.live);
});
