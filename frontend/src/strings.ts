/** Every word the interface says, in one place. Functions where a word depends on a value. */

const plural = new Intl.PluralRules("en");

function votes(count: number): string {
  return plural.select(count) === "one" ? "vote" : "votes";
}

function voters(count: number): string {
  return plural.select(count) === "one" ? "voter" : "voters";
}

function answers(count: number): string {
  return plural.select(count) === "one" ? "answer" : "answers";
}

export const strings = {
  header: {
    home: (app: string) => `${app}, start page`,
    ask: "Ask something new",
    skip: "Skip to content",
  },

  create: {
    question: "Ask the room a question",
    questionPlaceholder: "Tea or coffee?",
    startOver: "Start over",
    restored: "Your draft is back.",
    cleared: "The form is empty again.",
    undo: "Undo",
    left: (formatted: string) => `${formatted} left`,
    over: (formatted: string) => `${formatted} too many`,
    options: "The answers to choose from",
    option: (position: number) => `Answer ${position}`,
    remove: (position: number) => `Remove answer ${position}`,
    removed: (name: string) => `Removed “${name}”.`,
    move: (position: number) => `Move answer ${position}`,
    moveHint: "Drag it, press an arrow key, or press it to choose a place.",
    place: (position: number) => `Place of answer ${position}`,
    moved: (name: string, position: number, total: number) =>
      `${name} is now answer ${position} of ${total}.`,
    nameless: "The empty answer",
    add: "Add an answer",
    full: (most: number) => `${most} answers are as many as a poll can hold.`,
    pasteHint: "Or paste a list into an answer.",
    pasted: (taken: number) => `${taken} ${answers(taken)} pasted.`,
    pastedInPart: (taken: number, left: number, most: number) =>
      `${taken} ${answers(taken)} pasted, ${left} did not fit: a poll holds ${most}.`,
    choice: "Each voter may choose",
    one: "one",
    several: "several",
    results: "Everyone sees the results",
    resultsWhen: { always: "always", voted: "after voting", closed: "after closing" },
    resultsHint: {
      always: "Also those who have yet to vote.",
      voted: "The count sways nobody who has yet to vote.",
      closed: "Until then you alone see the count.",
    },
    closesAt: "Closes at (optional)",
    openEnd: "Leave it empty to close the poll yourself.",
    closesIn: (distance: string) => `Closes ${distance}.`,
    zone: (zone: string) => `Times are ${zone}.`,
    submit: "Open the poll",
    sending: "Opening…",
    yours: "Your polls",
    yoursHint: "This device keeps their secret links.",
    deleted: "The poll and its votes are deleted.",
  },

  invalid: {
    question: "Write a question.",
    fewOptions: (least: number) => `Give at least ${least} answers.`,
    sameOption: "This answer is already there.",
    tooLong: (most: number) => `At most ${most} characters.`,
    closesAt: "Choose a time that is still to come.",
    past: "This time is past.",
    closesLate: (years: number) => `At most ${years} years ahead.`,
    summary: "Not quite: look at the marked fields.",
  },

  vote: {
    one: "Choose one.",
    several: "Choose as many as you like.",
    submit: "Vote",
    change: "Change my vote",
    marks: {
      unsent: "Not sent yet",
      sending: "Being sent",
      waiting: "Waiting to be sent",
      counted: "Counted",
      still: "Still counted",
      missed: "Not sent, not counted",
      late: "Too late, not counted",
    },
    // What matters, and what is to be known besides.
    state: {
      blank: ["", ""],
      unsent: ["Not sent yet.", ""],
      changed: ["Not sent yet.", "Your earlier vote is still counted."],
      changedWhileWaiting: ["Not sent yet.", "The vote before it waits for a connection."],
      sending: ["Sending your vote…", ""],
      waiting: ["Your vote is kept on this device.", "It is sent as soon as there is a connection."],
      counted: ["Your vote is counted.", "You can still change it."],
      closed: ["", ""],
      unsure: ["Your vote is still on its way.", "Whether it came in time will be shown here."],
      missed: ["Your vote is not counted.", "The poll was closed before you sent it."],
      missedChange: [
        "Your change is not counted.",
        "The poll was closed before you sent it. Your earlier vote is counted.",
      ],
      late: ["Your vote came too late.", "It is not counted."],
      lateChange: ["Your change came too late.", "It is not counted: your earlier vote is."],
    },
    hidden: {
      always: "",
      voted: "You see the results once you have voted.",
      closed: "The results are shown once the poll is closed.",
    },
    none: "Choose an answer first.",
    closed: "This poll is closed.",
    closedVoted: "This poll is closed. Your vote was counted.",
    closesAt: (time: string) => `Open until ${time}.`,
    results: "See the results",
  },

  results: {
    live: "Live",
    closed: "Closed",
    reconnecting: "Reconnecting…",
    ballots: votes,
    voters,
    votes: (formatted: string, count: number) => `${formatted} ${votes(count)}`,
    several: "Several answers each: the shares are of all who voted.",
    voteAt: "Vote at",
    present: "Present",
    hidden: {
      always: "",
      voted: "The results are shown to those who have voted.",
      closed: "The results are shown once the poll is closed.",
    },
    early: {
      always: "",
      voted: "Only who has voted sees this until the poll is closed.",
      closed: "Only you see this until the poll is closed. The presenter's view keeps it hidden, too.",
    },
    toVote: "Vote now",
    spoken: (formatted: string, count: number, leading: readonly { label: string; percent: number }[]) => {
      const all = `${formatted} ${votes(count)}.`;
      if (leading.length === 0) return all;
      const names = new Intl.ListFormat("en").format(leading.map(({ label }) => label));
      const leads = leading.length === 1 ? "leads" : "lead";
      return `${all} ${names} ${leads} with ${leading[0]?.percent ?? 0}%.`;
    },
  },

  share: {
    title: "Share with the room",
    hint: "Anyone with this address can vote.",
    hintClosed: "Closed: nobody can vote now.",
    sheet: "Share…",
    present: "Present",
    qr: (address: string) => `QR code of ${address}`,
    enlarge: "Show the QR code large",
    shrink: "Make it small again",
  },

  present: {
    full: "Fill the screen",
    window: "Leave full screen",
    leave: "Leave",
    most: "Most votes",
    joined: (names: readonly string[]) => new Intl.ListFormat("en").formatToParts(names),
    tied: (count: number) => `${count} answers share the lead`,
    nobody: "Nobody voted.",
  },

  manage: {
    title: "Manage",
    created: "Your poll is open. Share its address with the room.",
    createdClosed: "Your poll is closed. Reopen it here whenever you like.",
    open: "Open",
    closed: "Closed",
    soFar: (formatted: string, count: number, multiple: boolean) =>
      `${formatted} ${(multiple ? voters : votes)(count)} so far`,
    inAll: (formatted: string, count: number, multiple: boolean) =>
      `${formatted} ${(multiple ? voters : votes)(count)} in all`,
    running: "Run it",
    close: "Close the poll",
    reopen: "Reopen the poll",
    when: (time: string, today: boolean) => `${today ? "at" : "on"} ${time}`,
    closing: {
      open: () => "It stays open until you close it.",
      timed: (when: string) => `It closes by itself ${when}.`,
      closed: () => "It stays closed until you reopen it.",
      early: (when: string) => `If reopened, it closes ${when}.`,
      expired: (when: string) => `It was to close ${when}. If reopened, it stays open.`,
    },
    closesAt: "Closes by itself at",
    closesAtAgain: "Open it again until",
    closesAtSubmit: "Set the closing time",
    closesAtNever: "Never close by itself",
    reopenUntil: "Reopen until then",
    votes: "The votes",
    results: "Show the results",
    shown: {
      always: "Everyone sees the results.",
      voted: "Whoever has voted sees the results; you see them always.",
      closed: "Nobody but you sees the results until the poll is closed.",
    },
    shownClosed: {
      always: "Everyone sees the results.",
      voted: "Everyone sees the results while the poll is closed.",
      closed: "Everyone sees the results while the poll is closed.",
    },
    download: "Download the votes as CSV",
    downloading: "Downloading…",
    secret: "Your secret link",
    secretHint:
      "It is the key to this page: whoever has it can close or delete the poll and download its votes. Nobody can recover it for you.",
    secretKept: "This device keeps it, so you need it only on another.",
    secretNotKept: "This device cannot keep it: copy it before you leave.",
    copySecret: "Copy the secret link",
    deleting: "Delete",
    delete: "Delete the poll…",
    deleteTitle: "Delete this poll?",
    deleteBody: "The question and every vote are gone for good. There is no way back.",
    deleteConfirm: "Delete it for good",
    deleteCancel: "Keep it",
    noKeyTitle: "This page opens with its secret link",
    noKeyBody:
      "Whoever created the poll has the link: it ends in # and a key. Once it has been opened on this device, the device keeps it.",
    wrongKeyTitle: "This key does not open this poll",
    wrongKeyBody: "The key is what follows the # of the secret link. Check that the whole link was copied.",
    wrongKeyKnown: "This device keeps a key of this poll from before.",
    useKnown: "Manage with that key",
  },

  timeline: {
    title: "Votes over time",
    none: "No votes yet.",
    hidden: "It is shown once the results are.",
    span: (from: string, to: string) => `From ${from} to ${to}`,
    summary: (span: string, leading: string) => `Votes over time. ${span}. In the end: ${leading}.`,
    standing: (label: string, formatted: string) => `${label} ${formatted}`,
    others: (formatted: string, count: number) =>
      plural.select(count) === "one" ? "one other answer" : `${formatted} other answers`,
    table: "Votes for each answer, added up",
    until: "Until",
  },
  status: {
    title: "Status",
    link: "Status of this server",
    well: "All is well.",
    databaseAway:
      "The database is away. Pages and cached results go on; votes and new polls have to wait.",
    failing: (formatted: string, count: number) =>
      plural.select(count) === "one"
        ? "One request failed in the last minute."
        : `${formatted} requests failed in the last minute.`,
    laptop: "No host has given this instance a name: it may well be a laptop.",
    here: "What runs here",
    uptime: "Up for",
    database: "Postgres",
    away: "away",
    latency: "Answers in",
    milliseconds: "ms",
    release: "Release",
    region: "Region",
    instance: "Instance",
    since: "Started",
    driver: "Driver",
    schema: "Schema revision",
    unknown: "not known",
    traffic: "Requests",
    uncounted: "This instance has nowhere to count its requests: its /tmp cannot be written.",
    rate: "In the last minute",
    perSecond: "per second",
    errors: "In ten minutes",
    failed: (count: number) => (plural.select(count) === "one" ? "error" : "errors"),
    keyRequests: "Requests per second",
    keyErrors: "Errors among them",
    scope: (share: string) =>
      `Of this instance alone: ${share} in ten minutes. Pages and cached results come from Nginx and are not among them.`,
    inAll: (formatted: string, count: number) =>
      `${formatted} ${plural.select(count) === "one" ? "request" : "requests"}`,
    summary: (requests: string, errors: string, peak: string) =>
      `Requests over the last ten minutes: ${requests}, ${errors}, ${peak} per second at most.`,
    table: "Requests and errors by the minute",
    minute: "From",
    tableErrors: "Errors",
  },
  copy: {
    label: "Copy the address",
    done: "Copied",
    failed: "Copying is not allowed here: select the address instead.",
  },

  notFound: {
    title: "Nothing here",
    page: "This address leads to no page.",
    deleted: "This poll was deleted, and its votes with it.",
    poll: "There is no such poll. Perhaps it was deleted, or a letter of the address is wrong.",
    home: "Ask a question of your own",
  },

  code: {
    label: "The code of the poll",
    hint: "The eight letters and digits at the end of its address.",
    submit: "Go to the poll",
    malformed: "A code is eight letters and digits.",
    unknown: "No poll has this code.",
  },

  trouble: {
    loading: "Loading…",
    away: "The server does not answer. Trying again…",
    unreachable: "The server does not answer. Nothing you typed is lost: try again in a moment.",
    unexpected: "Something went wrong. Try again in a moment.",
    brokenTitle: "Something broke",
    brokenBody: "Perhaps a new version was put up just now. Loading the page again usually helps.",
    reload: "Load the page again",
  },
} as const;
