// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook } from "@testing-library/react";
import { createElement, type ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { type Ballot, keys } from "../../api/polls";
import { keepBallot, parseBallot, storedBallot, waitingBallot } from "./outbox/outbox";
import { sendBallot, useSendBallot } from "./send-ballot";

const client = new QueryClient();
/** The server's ballot, whether the poll is open, and whether answers are lost. */
let counted: number[];
let closed: boolean;
let sent: number[][];
let lose: number;
/** The next responses to votes, which are not counted. */
let statuses: number[];

beforeEach(() => {
  [counted, closed, sent, lose, statuses] = [[], false, [], 0, []];
  localStorage.clear();
  client.clear();
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => Promise.resolve().then(() => answer(init)));
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function answer({ method, body }: RequestInit): Response {
  if (method === "PUT") {
    const { choices } = JSON.parse(body as string) as Ballot;
    sent.push(choices);
    const status = statuses.shift();
    if (status !== undefined) return Response.json({ status }, { status });
    if (!closed) counted = choices;
    if (lose-- > 0) throw new TypeError("Failed to fetch");
    if (closed) return Response.json({ type: "/problems/poll-closed", status: 409 }, { status: 409 });
  }
  return Response.json({ choices: counted, viewing_key: null });
}

function shown(): readonly number[] | undefined {
  return client.getQueryData<Ballot>(keys.ballot("tea"))?.choices;
}

test("a ballot waits until the server has counted it", async () => {
  keepBallot("tea", [2]);
  await sendBallot(client, "tea");
  expect(storedBallot("tea")).toBe("");
  expect(shown()).toEqual([2]);
});

test("a change cast while sending is sent as well", async () => {
  keepBallot("tea", [1]);
  const delivery = sendBallot(client, "tea");
  await Promise.resolve();
  keepBallot("tea", [2]);
  await Promise.all([delivery, sendBallot(client, "tea")]);
  expect(sent.at(-1)).toEqual([2]);
  expect(sent.length).toBeLessThanOrEqual(2);
  expect(shown()).toEqual([2]);
});

test("a late ballot is kept as refused", async () => {
  [counted, closed] = [[1], true];
  keepBallot("tea", [2]);
  await sendBallot(client, "tea");
  expect(waitingBallot("tea")).toBeUndefined();
  expect(parseBallot(storedBallot("tea"))).toEqual({ refused: [2] });
  expect(shown()).toEqual([1]);
});

test("a ballot whose answer was lost is not late", async () => {
  vi.useFakeTimers();
  lose = 1;
  keepBallot("tea", [2]);
  const delivery = sendBallot(client, "tea");
  await vi.advanceTimersByTimeAsync(100);
  expect(waitingBallot("tea")).toEqual([2]);
  closed = true;
  await vi.advanceTimersByTimeAsync(20_000);
  await delivery;
  expect(sent).toEqual([[2], [2]]);
  expect(storedBallot("tea")).toBe("");
  expect(shown()).toEqual([2]);
});

test("a ballot is sent when the network returns, on a hidden page too", async () => {
  vi.useFakeTimers();
  vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  lose = 4;
  keepBallot("tea", [2]);
  const delivery = sendBallot(client, "tea");
  await vi.advanceTimersByTimeAsync(8_000);
  const tries = sent.length;
  lose = 0;
  window.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(1);
  expect(sent.length).toBe(tries + 1);
  await delivery;
  expect(shown()).toEqual([2]);
});

test("a ballot on a network that hangs is shown as waiting", async () => {
  vi.useFakeTimers();
  let answer: (response: Response) => void = () => undefined;
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => (answer = resolve)));
  const wrapper = ({ children }: { children: ReactNode }) =>
    createElement(QueryClientProvider, { client }, children);
  const { result } = renderHook(() => useSendBallot("tea"), { wrapper });
  act(() => {
    result.current.cast([2]);
  });
  const delivery = sendBallot(client, "tea");
  await act(() => vi.advanceTimersByTimeAsync(2_000));
  expect(result.current.away).toBe(false);
  await act(() => vi.advanceTimersByTimeAsync(1_000));
  expect(result.current.away).toBe(true);
  answer(Response.json({ choices: [2], viewing_key: null }));
  await act(() => delivery);
  expect(result.current.away).toBe(false);
  expect(storedBallot("tea")).toBe("");
});

test("a ballot is kept as refused after several faults", async () => {
  vi.useFakeTimers();
  statuses = [500, 500, 500, 500, 500];
  keepBallot("tea", [2]);
  const delivery = sendBallot(client, "tea");
  await vi.advanceTimersByTimeAsync(60_000);
  await delivery;
  expect(sent.length).toBe(4);
  expect(parseBallot(storedBallot("tea"))).toEqual({ refused: [2] });
});

test("a ballot survives faults of a restarting server", async () => {
  vi.useFakeTimers();
  statuses = [...Array<number>(9).fill(502), 500, 500, 502, 500];
  keepBallot("tea", [2]);
  const delivery = sendBallot(client, "tea");
  await vi.advanceTimersByTimeAsync(120_000);
  await delivery;
  expect(shown()).toEqual([2]);
});
