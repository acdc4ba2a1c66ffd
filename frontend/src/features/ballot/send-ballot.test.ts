// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook } from "@testing-library/react";
import { createElement, type ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { type Ballot, keys } from "../../api/polls";
import { keepBallot, parseBallot, storedBallot, waitingBallot } from "./outbox/outbox";
import { sendBallot, useSendBallot } from "./send-ballot";

const client = new QueryClient();
/** What the server holds, whether it takes votes, and what becomes of the answers to them. */
let counted: number[];
let closed: boolean;
let sent: number[][];
let lose: number;
/** With what the next votes are answered, without being counted. */
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

test("a ballot waits until the server has counted it, and is shown as the server says", async () => {
  keepBallot("tea", [2]);
  await sendBallot(client, "tea");
  expect(storedBallot("tea")).toBe("");
  expect(shown()).toEqual([2]);
});

test("a change that is cast meanwhile is sent, too, and by the same delivery", async () => {
  keepBallot("tea", [1]);
  const delivery = sendBallot(client, "tea");
  await Promise.resolve();
  keepBallot("tea", [2]);
  await Promise.all([delivery, sendBallot(client, "tea")]);
  expect(sent.at(-1)).toEqual([2]);
  expect(sent.length).toBeLessThanOrEqual(2);
  expect(shown()).toEqual([2]);
});

test("one that comes too late is kept as refused, beside what is counted", async () => {
  [counted, closed] = [[1], true];
  keepBallot("tea", [2]);
  await sendBallot(client, "tea");
  expect(waitingBallot("tea")).toBeUndefined();
  expect(parseBallot(storedBallot("tea"))).toEqual({ refused: [2] });
  expect(shown()).toEqual([1]);
});

test("one whose answer was lost was not too late, though the poll was closed by the next try", async () => {
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

test("it is sent as soon as there is a network, also by a page that is hidden", async () => {
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

test("on a network that neither answers nor fails, it is soon said to wait", async () => {
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

test("one that the server fails at is tried a few times more, and then told and kept for the voter", async () => {
  vi.useFakeTimers();
  statuses = [500, 500, 500, 500, 500];
  keepBallot("tea", [2]);
  const delivery = sendBallot(client, "tea");
  await vi.advanceTimersByTimeAsync(60_000);
  await delivery;
  expect(sent.length).toBe(4);
  expect(parseBallot(storedBallot("tea"))).toEqual({ refused: [2] });
});

test("one that waited for a server that fails as it comes back is sent all the same", async () => {
  vi.useFakeTimers();
  statuses = [...Array<number>(9).fill(502), 500, 500, 502, 500];
  keepBallot("tea", [2]);
  const delivery = sendBallot(client, "tea");
  await vi.advanceTimersByTimeAsync(120_000);
  await delivery;
  expect(shown()).toEqual([2]);
});
