/**
 * Drafts of the form, kept on this device until the poll is created.
 *
 * Each tab has a draft of its own, so that tabs do not overwrite each other's. A reloaded tab finds its
 * own draft. A new tab shows the newest one, and adopts it at the first change; the tab that it came
 * from, if it is still open, sees its draft disappear and writes it again.
 */
import { keepCancelledPoll } from "./cancelled-polls";
import { newRows } from "./option-rows";
import {
  EMPTY_FORM,
  isBlank,
  LEAST_OPTIONS,
  MOST_OPTIONS,
  type PollForm,
  toNewPoll,
  VISIBILITIES,
} from "./poll-form";

const PREFIX = "tally.draft.";
// In session storage only while the page is unloaded, so that a duplicated tab does not share it.
const HANDOVER = "tally.draft";
const NOTHING = "-"; // the form was cleared or sent
const MOST_KEPT = 10;

let own: string | undefined;
let adopted: string | undefined;
/** The draft that was sent, with its idempotency key; undefined after a change. */
let sent: { readonly token: string; readonly form: PollForm } | undefined;

/** The draft to continue; undefined if there is none. */
export function loadDraft(): PollForm | undefined {
  if (own !== undefined) return read(own);
  const handed = tryStorage(() => sessionStorage.getItem(HANDOVER)) ?? undefined;
  if (handed === NOTHING) own = newKey();
  else if (handed !== undefined && read(handed)) own = handed;
  else adopted = keysByAge().find(read);
  const from = own ?? adopted;
  const form = from === undefined ? undefined : read(from);
  if (from === undefined || form === undefined) return undefined;
  const { token } = parse(from) ?? {};
  sent = typeof token === "string" ? { token, form } : undefined;
  return form;
}

/** Stores this tab's draft; a blank form is not stored. */
export function saveDraft(form: PollForm, token?: string): void {
  // Only this tab's own draft: another tab may still be sending its own.
  if (sent !== undefined && sent.token !== token && own !== undefined) {
    // Without its closing time, which may have passed; the server does not compare it.
    keepCancelledPoll(sent.token, toNewPoll({ ...sent.form, closesAt: "" }));
  }
  sent = token === undefined ? undefined : { token, form };
  if (isBlank(form)) {
    clearDraft();
    return;
  }
  own ??= newKey();
  const name = own;
  const { question, multiple, closesAt, results } = form;
  const options = form.options.map(({ text }) => text);
  const kept = { saved: Date.now(), question, options, multiple, closesAt, results, token };
  tryStorage(() => {
    localStorage.setItem(name, JSON.stringify(kept));
    removeAdoptedDraft();
    for (const old of keysByAge().slice(MOST_KEPT)) localStorage.removeItem(old);
  });
}

/**
 * The draft's idempotency key, which stays the same until the draft changes. If the answer is lost,
 * even with its page, sending the draft again creates no second poll.
 */
export function draftToken(form: PollForm): string {
  // crypto.randomUUID() exists only on a page with HTTPS.
  const token = sent?.token ?? crypto.getRandomValues(new Uint32Array(6)).join("-");
  saveDraft(form, token);
  return token;
}

/** Removes this tab's draft, after the poll is created or the form is cleared. */
export function clearDraft(): void {
  own ??= newKey();
  sent = undefined;
  const name = own;
  tryStorage(() => {
    localStorage.removeItem(name);
    removeAdoptedDraft();
  });
}

/**
 * Keeps this tab's draft in storage while its form is shown.
 * @returns a function that ends it
 */
export function watchDraft(current: () => PollForm): () => void {
  const watching = new AbortController();
  const { signal } = watching;
  const removeHandover = () => {
    tryStorage(() => {
      sessionStorage.removeItem(HANDOVER);
    });
  };
  removeHandover();
  window.addEventListener("pageshow", removeHandover, { signal });
  window.addEventListener("pagehide", handOver, { signal });
  window.addEventListener(
    "storage",
    ({ key, newValue }) => {
      // Not if there are too many drafts: tabs would remove each other's without end.
      const removed = key !== null && key === own && newValue === null;
      if (removed && keysByAge().length < MOST_KEPT) saveDraft(current(), sent?.token);
    },
    { signal },
  );
  return () => {
    watching.abort();
  };
}

function handOver(): void {
  if (own === undefined) return;
  const value = read(own) ? own : NOTHING;
  tryStorage(() => {
    sessionStorage.setItem(HANDOVER, value);
  });
}

function removeAdoptedDraft(): void {
  if (adopted !== undefined && adopted !== own) localStorage.removeItem(adopted);
  adopted = undefined;
}

function newKey(): string {
  // crypto.randomUUID() exists only on a page with HTTPS.
  return PREFIX + Math.random().toString(36).slice(2);
}

/** The storage keys of all drafts, newest first. */
function keysByAge(): string[] {
  const names = tryStorage(() => Object.keys(localStorage)) ?? [];
  const ages = names
    .filter((name) => name.startsWith(PREFIX))
    .flatMap((name) => {
      const { saved } = parse(name) ?? {};
      return typeof saved === "number" ? [{ name, saved }] : [];
    });
  return ages.toSorted((some, other) => other.saved - some.saved).map(({ name }) => name);
}

function read(name: string): PollForm | undefined {
  const { question, options, multiple, closesAt, results } = parse(name) ?? {};
  if (typeof question !== "string" || !Array.isArray(options)) return undefined;
  const texts = options.filter((text) => typeof text === "string").slice(0, MOST_OPTIONS);
  while (texts.length < LEAST_OPTIONS) texts.push("");
  return {
    question,
    options: newRows(texts),
    multiple: multiple === true,
    closesAt: typeof closesAt === "string" && Date.parse(closesAt) > 0 ? closesAt : "",
    results: VISIBILITIES.find((one) => one === results) ?? EMPTY_FORM.results,
  };
}

function parse(name: string): Record<string, unknown> | undefined {
  return tryStorage(() => {
    const kept: unknown = JSON.parse(localStorage.getItem(name) ?? "null");
    return typeof kept === "object" && kept !== null ? { ...kept } : undefined;
  });
}

/** Runs work that may throw, since storage may be forbidden, full or invalid. */
function tryStorage<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
