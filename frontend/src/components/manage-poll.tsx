import { useState } from "react";
import { Link, useLocation } from "wouter";

import { useBallotsCsv, useChangePoll, useDeletePoll, type Poll } from "../api/polls";
import { Problem } from "../api/problem";
import { absolute, addresses } from "../lib/addresses";
import { saveFile } from "../lib/download";
import { formatCount } from "../lib/format";
import { forget, knownKey, remember } from "../lib/known-polls";
import { strings } from "../strings";
import { ClosingTime } from "./closing-time";
import { ConfirmDialog } from "./confirm-dialog";
import { CopyButton } from "./copy-button";
import { Question } from "./question";
import { Share } from "./share";

interface ManagePollProps {
  readonly poll: Poll;
  /** The key from the secret link. */
  readonly secret: string;
  /** How many voted, once known. */
  readonly ballots: number | undefined;
  /** Whether the poll was created just now. */
  readonly created: boolean;
}

/** Everything that the holder of the secret link can do with a poll. */
export function ManagePoll({ poll, secret, ballots, created }: ManagePollProps) {
  const [deleting, setDeleting] = useState(false);
  const change = useChangePoll(poll.id, secret);
  const csv = useBallotsCsv(poll.id, secret);
  const remove = useDeletePoll(poll.id, secret);
  const [, navigate] = useLocation();

  const { closed } = poll;
  const tally = closed ? strings.manage.inAll : strings.manage.soFar;

  const keyProved = {
    onSuccess: () => {
      remember({ id: poll.id, key: secret, question: poll.question });
    },
    onError: (error: Error) => {
      if (refusesKey(error) && knownKey(poll.id) === secret) forget(poll.id);
    },
  };

  function deletePoll() {
    remove.mutate(undefined, {
      onSuccess: () => {
        forget(poll.id);
        navigate(addresses.home, { state: { deleted: true } });
      },
      onError: (error) => {
        keyProved.onError(error);
        setDeleting(false);
      },
    });
  }

  return (
    <div className="page manage">
      {created && (
        <p className="note" role="status">
          {strings.manage.created}
        </p>
      )}
      <div className="question-frame">
        <Question text={poll.question} />
      </div>
      <p className="lede" role="status">
        <strong>{closed ? strings.manage.closed : strings.manage.open}</strong>
        {ballots !== undefined && ` · ${tally(formatCount(ballots), ballots)}`}
      </p>

      <Share id={poll.id} question={poll.question} />

      <section>
        <h2 className="label">{strings.manage.running}</h2>
        <div className="actions">
          <Link className="button button-quiet" to={addresses.results(poll.id)}>
            {strings.manage.results}
          </Link>
          <button
            type="button"
            className="button button-quiet"
            disabled={change.isPending}
            onClick={() => {
              change.mutate({ closed: !closed }, keyProved);
            }}
          >
            {closed ? strings.manage.reopen : strings.manage.close}
          </button>
          <button
            type="button"
            className="button button-quiet"
            disabled={csv.isPending}
            onClick={() => {
              csv.mutate(undefined, {
                ...keyProved,
                onSuccess: (file) => {
                  saveFile(file, `tally-${poll.id}.csv`);
                },
              });
            }}
          >
            {csv.isPending ? strings.manage.downloading : strings.manage.download}
          </button>
          <button
            type="button"
            className="button button-quiet button-danger"
            onClick={() => {
              setDeleting(true);
            }}
          >
            {strings.manage.delete}
          </button>
        </div>
        <ClosingTime
          key={poll.closes_at}
          poll={poll}
          busy={change.isPending}
          onChange={(patch) => {
            change.mutate(patch, keyProved);
          }}
        />
        <p className="hint">{strings.manage.shown[poll.results]}</p>
        <p className="field-error" role="alert">
          {refusal(change.error ?? csv.error ?? remove.error)}
        </p>
      </section>

      <section>
        <h2 className="label">{strings.manage.secret}</h2>
        <p className="hint">{strings.manage.secretHint}</p>
        <CopyButton
          text={absolute(addresses.manage(poll.id, secret))}
          label={strings.manage.copySecret}
        />
      </section>

      <ConfirmDialog
        open={deleting}
        title={strings.manage.deleteTitle}
        confirm={strings.manage.deleteConfirm}
        cancel={strings.manage.deleteCancel}
        busy={remove.isPending}
        onConfirm={deletePoll}
        onCancel={() => {
          setDeleting(false);
        }}
      >
        <p>{strings.manage.deleteBody}</p>
      </ConfirmDialog>
    </div>
  );
}

function refusesKey(error: Error): boolean {
  return error instanceof Problem && (error.status === 401 || error.status === 403);
}

function refusal(error: Error | null): string | undefined {
  if (error === null) return undefined;
  if (!(error instanceof Problem)) return strings.trouble.unexpected;
  if (refusesKey(error)) return strings.manage.wrongKey;
  return error.passing || error.message === "" ? strings.trouble.unreachable : error.message;
}
