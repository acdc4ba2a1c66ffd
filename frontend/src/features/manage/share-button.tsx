import * as strings from "../../strings";

/** Opens the system's share sheet, which exists mostly on phones, and only with HTTPS. */
export function ShareButton({ title, url }: { title: string; url: string }) {
  // The types say that it always exists.
  if (!("share" in navigator)) return null;
  return (
    <button
      type="button"
      className="button button-quiet"
      onClick={() => {
        // It rejects when the user closes the sheet, which is not an error.
        navigator.share({ title, url }).catch(() => undefined);
      }}
    >
      {strings.share.sheet}
    </button>
  );
}
