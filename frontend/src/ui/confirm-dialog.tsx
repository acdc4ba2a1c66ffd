import { useId, type ReactNode } from "react";

import { BusyButton } from "./busy-button";
import { Dialog } from "./dialog";

interface ConfirmDialogProps {
  readonly open: boolean;
  readonly title: string;
  readonly confirm: string;
  readonly cancel: string;
  readonly busy: boolean;
  readonly again: boolean;
  /** The message if the action failed. */
  readonly note: ReactNode;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
  readonly children: ReactNode;
}

/** Asks for confirmation before an action that cannot be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const title = useId();

  return (
    <Dialog
      open={props.open}
      className="dialog-danger"
      labelledBy={title}
      onClose={props.onCancel}
    >
      <h2 id={title} className="subhead">
        {props.title}
      </h2>
      {props.children}
      <div className="action">
        <div className="actions">
          <button type="button" className="button button-quiet" onClick={props.onCancel}>
            {props.cancel}
          </button>
          <BusyButton
            className="button button-danger"
            busy={props.busy}
            again={props.again}
            onClick={props.onConfirm}
          >
            {props.confirm}
          </BusyButton>
        </div>
        {props.note}
      </div>
    </Dialog>
  );
}
