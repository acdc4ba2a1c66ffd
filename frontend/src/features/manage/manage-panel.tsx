import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import { Link, useLocation } from "wouter";

import type { Poll } from "../../api/polls";
import { isFault } from "../../api/problem";
import type { Outage } from "../../api/query";
import { withFlashMessage } from "../../hooks/use-flash-message";
import { absolute, addresses } from "../../lib/addresses";
import { saveFile } from "../../lib/download";
import { formatCount } from "../../lib/format";
import { forget, remember } from "../../lib/known-polls";
import * as strings from "../../strings";
import { BusyButton } from "../../ui/busy-button";
import { ConfirmDialog } from "../../ui/confirm-dialog";
import { CopyButton } from "../../ui/poll/copy-button";
import { Question } from "../../ui/poll/question";
import { ActionNote } from "./action-note";
import { ClosingTime } from "./closing-time";
import { useBallotsCsv, useChangePoll, useDeletePoll } from "./manage-poll";
import { describePollStatus } from "./poll-status";
import { ShareSection } from "./share-section";

interface ManagePanelProps {
  readonly poll: Poll;
  /** The key from the secret link, which the server has proved. */
  readonly secret: string;
  /** How many voted, once known. */
  readonly ballots: number | undefined;
  /** Why that may be old, if it may. */
  readonly trouble: Outage | undefined;
  /** Whether the poll was created just now. */
  readonly created: boolean;
}

/** Everything that the holder of the secret link can do with a poll. */
export function ManagePanel({ poll, secret, ballots, trouble, created }: ManagePanelProps) {
  const { id, question, closed } = poll;
  const [kept] = useState(() => remember({ id, key: secret, question }));
  const change = useChangePoll(poll, secret);
  const told = describePollStatus(poll);

  return (
    <div className="page manage">
      {created && (
        <p className="note" role="status">
          {told.news}
        </p>
      )}
      <div className="question-frame">
        <Question text={question} />
      </div>
      <p className="lede">
        <strong role="status">{told.state}</strong>
        {ballots !== undefined && ` · ${tally(poll, ballots)}`}
        <span className="manage-trouble" role="status">
          {trouble && strings.manage.outdated[trouble]}
        </span>
      </p>

      <ShareSection id={id} question={question} hint={told.share} />

      <section>
        <h2 className="label">{strings.manage.running}</h2>
        <div className="action">
          <BusyButton
            className="button button-quiet"
            busy={change.isPending}
            again={isFault(change.error)}
            onClick={() => {
              change.mutate({ closed: !closed });
            }}
          >
            {closed ? strings.manage.reopen : strings.manage.close}
          </BusyButton>
          <ActionNote of={change}>{told.closing}</ActionNote>
        </div>
        <ClosingTime poll={poll} secret={secret} />
      </section>

      <Votes id={id} secret={secret} shown={told.shown} />

      <section>
        <h2 className="label">{strings.manage.secret}</h2>
        <p className="hint">
          {strings.manage.secretHint}{" "}
          {kept ? strings.manage.secretKept : strings.manage.secretNotKept}
        </p>
        <div className="actions">
          <CopyButton
            text={absolute(addresses.manage(id, secret))}
            label={strings.manage.copySecret}
          />
        </div>
      </section>

      <Deletion id={id} secret={secret} />
    </div>
  );
}

function tally({ closed, multiple }: Poll, ballots: number): string {
  const { inAll, soFar } = strings.manage;
  return (closed ? inAll : soFar)(formatCount(ballots), ballots, multiple);
}

interface PartProps {
  readonly id: string;
  readonly secret: string;
}

/** Where the votes are seen, by whom, and how they are taken home. */
function Votes({ id, secret, shown }: PartProps & { shown: string }) {
  const csv = useBallotsCsv(id, secret);
  return (
    <section>
      <h2 className="label">{strings.manage.votes}</h2>
      <div className="action">
        <div className="actions">
          <Link className="button button-quiet" to={addresses.results(id)}>
            {strings.manage.results}
          </Link>
          <BusyButton
            className="button button-quiet"
            busy={csv.isPending}
            again={isFault(csv.error)}
            onClick={() => {
              csv.mutate(undefined, {
                onSuccess: (file) => {
                  saveFile(file, `tally-${id}.csv`);
                },
              });
            }}
          >
            {csv.isPending ? strings.manage.downloading : strings.manage.download}
          </BusyButton>
        </div>
        <ActionNote of={csv}>{shown}</ActionNote>
      </div>
    </section>
  );
}

/** The way out without a way back: apart from all else, and last. */
function Deletion({ id, secret }: PartProps) {
  const [asking, setAsking] = useState(false);
  const sending = useRef<AbortController>(undefined);
  const remove = useDeletePoll(id, secret, leave);
  const [path, navigate] = useLocation();

  function deletePoll() {
    sending.current = new AbortController();
    remove.mutate(sending.current.signal);
  }

  function leave() {
    forget(id);
    if (location.pathname !== path) return; // was left meanwhile
    // While the dialog is open, nothing on the next page can be focused.
    flushSync(() => {
      setAsking(false);
    });
    navigate(addresses.home, withFlashMessage("deleted"));
  }

  return (
    <section className="manage-deletion">
      <h2 className="label">{strings.manage.deleting}</h2>
      <div className="actions">
        <button
          type="button"
          className="button button-quiet button-danger"
          onClick={() => {
            setAsking(true);
          }}
        >
          {strings.manage.delete}
        </button>
      </div>
      <ConfirmDialog
        open={asking}
        title={strings.manage.deleteTitle}
        confirm={strings.manage.deleteConfirm}
        cancel={strings.manage.deleteCancel}
        busy={remove.isPending}
        again={isFault(remove.error)}
        note={<ActionNote of={remove} />}
        onConfirm={deletePoll}
        onCancel={() => {
          // What waits for the network is not to delete the poll after all.
          sending.current?.abort();
          remove.reset();
          setAsking(false);
        }}
      >
        <p>{strings.manage.deleteBody}</p>
      </ConfirmDialog>
    </section>
  );
}
