import * as strings from "../../strings";

/** Opens the system's share sheet, where there is one: on phones, mostly, and over https only. */
export function ShareButton({ title, url }: { title: string; url: string }) {
  // Typed as always there, but it is not.
  if (!("share" in navigator)) return null;
  return (
    <button
      type="button"
      className="button button-quiet"
      onClick={() => {
        // A sheet that is closed without a choice rejects, too; there is nothing to say then.
        navigator.share({ title, url }).catch(() => undefined);
      }}
    >
      {strings.share.sheet}
    </button>
  );
}
