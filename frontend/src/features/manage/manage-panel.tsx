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
  /** The key of the secret link, which the server has verified. */
  readonly secret: string;
  /** The number of ballots; undefined until it is known. */
  readonly ballots: number | undefined;
  /** Why the number may be old; undefined if it is not. */
  readonly outage: Outage | undefined;
  /** Whether the poll was just created. */
  readonly created: boolean;
}

/** All actions of a poll's host. */
export function ManagePanel({ poll, secret, ballots, outage, created }: ManagePanelProps) {
  const { id, question, closed } = poll;
  const [kept] = useState(() => remember({ id, key: secret, question }));
  const change = useChangePoll(poll, secret);
  const status = describePollStatus(poll);

  return (
    <div className="page manage">
      {created && (
        <p className="note" role="status">
          {status.created}
        </p>
      )}
      <div className="question-frame">
        <Question text={question} />
      </div>
      <p className="lede">
        <strong role="status">{status.state}</strong>
        {ballots !== undefined && ` · ${tally(poll, ballots)}`}
        <span className="manage-trouble" role="status">
          {outage && strings.manage.outdated[outage]}
        </span>
      </p>

      <ShareSection id={id} question={question} hint={status.share} />

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
          <ActionNote mutation={change}>{status.closing}</ActionNote>
        </div>
        <ClosingTime poll={poll} secret={secret} />
      </section>

      <VotesSection id={id} secret={secret} shown={status.shown} />

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

      <DeleteSection id={id} secret={secret} />
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

/** The results, who can see them, and the download of the ballots. */
function VotesSection({ id, secret, shown }: PartProps & { shown: string }) {
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
        <ActionNote mutation={csv}>{shown}</ActionNote>
      </div>
    </section>
  );
}

/** The button that deletes the poll, apart from the others. */
function DeleteSection({ id, secret }: PartProps) {
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
    if (location.pathname !== path) return; // the user has left the page
    // While the modal dialog is open, nothing outside it can be focused.
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
        note={<ActionNote mutation={remove} />}
        onConfirm={deletePoll}
        onCancel={() => {
          // A request that waits for the network must not delete the poll later.
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
