// @vitest-environment happy-dom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Outage, QueryProgress } from "../../api/query";
import * as strings from "../../strings";
import { LiveState } from "./live-state";

const idle: QueryProgress = { failureCount: 0, failureReason: null, fetchStatus: "idle" };
const looking: QueryProgress = { ...idle, fetchStatus: "fetching" };

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

test("numbers that move are live, and those of a closed poll are closed", () => {
  const { rerender } = render(state(idle));
  expect(shownText()).toBe(strings.liveState.live);
  rerender(state(idle, { closed: true }));
  expect(shownText()).toBe(strings.liveState.closed);
  rerender(state(idle, { outage: "away" }));
  pass(3);
  expect(shownText()).toBe(strings.liveState.away);
  rerender(state(looking, { closed: true, outage: "failing" }));
  pass(5);
  expect(shownText()).toBe(strings.liveState.failing);
});

test("a look that is lost now and then is not told each time", () => {
  const { rerender } = render(state(idle));
  for (let look = 0; look < 5; look += 1) {
    rerender(state(looking, { outage: "away" }));
    pass(1.5);
    expect(shownText()).toBe(strings.liveState.live);
    rerender(state(idle));
    pass(1);
  }
});

test("where all looks take long, that is told once", () => {
  const { rerender } = render(state(looking));
  pass(5);
  expect(shownText()).toBe(strings.liveState.away);
  for (let look = 0; look < 5; look += 1) {
    rerender(state(idle));
    pass(1);
    rerender(state(looking));
    pass(5);
    expect(shownText()).toBe(strings.liveState.live);
  }
  pass(2);
  expect(shownText()).toBe(strings.liveState.away);
});

test("a device without a network is not live, without waiting for the next look", () => {
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

test("a look that neither comes back nor fails is not live for long", () => {
  const { rerender } = render(state(looking));
  pass(3);
  expect(shownText()).toBe(strings.liveState.live);
  pass(2);
  expect(shownText()).toBe(strings.liveState.away);
  rerender(state(idle));
  expect(shownText()).toBe(strings.liveState.live);
  rerender(state(looking));
  expect(shownText()).toBe(strings.liveState.live);
});
