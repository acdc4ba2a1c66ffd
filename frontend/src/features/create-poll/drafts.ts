/**
 * What is typed into the form, kept on this device until the poll is created.
 *
 * Each tab writes a draft of its own, so that no two overwrite each other. A tab that is reloaded
 * finds its own again. A new tab shows the newest one, and takes it over with the first change; if
 * the tab it came from is still there, that one sees its draft go and puts it back.
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
// In the tab's session storage, only while the page is away: a duplicated tab must not share it.
const HANDOVER = "tally.draft";
const NOTHING = "-"; // handed over where the form was emptied on purpose, or sent
const MOST_KEPT = 10;

let own: string | undefined;
let adopted: string | undefined;
/** The draft as it was sent, and under what, for as long as nothing is changed in it. */
let sent: { readonly token: string; readonly form: PollForm } | undefined;

/** The draft to go on with, if there is one. */
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

/** Keeps a draft as this tab's; nothing is kept of a form that is blank. */
export function saveDraft(form: PollForm, token?: string): void {
  // Not what another tab has sent, and may still be sending.
  if (sent !== undefined && sent.token !== token && own !== undefined) {
    // Without its closing time, by which the server does not tell it, and which may be past by now.
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
 * The secret under which the draft is sent: the same for as long as it is the same draft, so that
 * one whose answer was lost, and perhaps its page with it, becomes one poll only.
 */
export function draftToken(form: PollForm): string {
  // Not crypto.randomUUID(), which plain http does not have.
  const token = sent?.token ?? crypto.getRandomValues(new Uint32Array(6)).join("-");
  saveDraft(form, token);
  return token;
}

/** Drops this tab's draft: the poll is created, or the writer starts over. */
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
 * Looks after this tab's draft while its form is shown.
 * @returns a function that ends it
 */
export function watchDraft(current: () => PollForm): () => void {
  const watching = new AbortController();
  const { signal } = watching;
  const unhand = () => {
    tryStorage(() => {
      sessionStorage.removeItem(HANDOVER);
    });
  };
  unhand();
  window.addEventListener("pageshow", unhand, { signal });
  window.addEventListener("pagehide", handOver, { signal });
  window.addEventListener(
    "storage",
    ({ key, newValue }) => {
      // Not one that others have outnumbered: its tab and theirs would remove each other's without end.
      const taken = key !== null && key === own && newValue === null;
      if (taken && keysByAge().length < MOST_KEPT) saveDraft(current(), sent?.token);
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
  // Not crypto.randomUUID(), which plain http does not have.
  return PREFIX + Math.random().toString(36).slice(2);
}

/** The keys of all drafts, the newest first. */
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

/** Storage may be forbidden, full, or hold something else: the form works without. */
function tryStorage<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
