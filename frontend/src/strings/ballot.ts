/** The ballot. */

export const ballot = {
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
  // The headline and the details.
  state: {
    blank: ["", ""],
    unsent: ["Not sent yet.", ""],
    changed: ["Not sent yet.", "Your earlier vote is still counted."],
    changedWhileWaiting: ["Not sent yet.", "Your earlier vote waits for a connection."],
    sending: ["Sending your vote…", ""],
    waiting: ["Your vote is kept on this device.", "It is sent as soon as there is a connection."],
    counted: ["Your vote is counted.", "You can still change it."],
    closed: ["", ""],
    unsure: ["Your vote is still on its way.", "This page will show whether it was in time."],
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
  results: "See the results",
} as const;
