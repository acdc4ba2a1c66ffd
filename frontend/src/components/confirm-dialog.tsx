import { useEffect, useId, useRef, type ReactNode } from "react";

interface ConfirmDialogProps {
  readonly open: boolean;
  readonly title: string;
  readonly confirm: string;
  readonly cancel: string;
  readonly busy: boolean;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
  readonly children: ReactNode;
}

/** Asks before something that cannot be undone. The browser's own dialog keeps the focus inside. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();

  useEffect(() => {
    if (props.open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [props.open]);

  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={title} onClose={props.onCancel}>
      <h2 id={title} className="subhead">
        {props.title}
      </h2>
      {props.children}
      <div className="actions">
        <button type="button" className="button button-quiet" onClick={props.onCancel}>
          {props.cancel}
        </button>
        <button
          type="button"
          className="button button-danger"
          disabled={props.busy}
          onClick={props.onConfirm}
        >
          {props.confirm}
        </button>
      </div>
    </dialog>
  );
}
