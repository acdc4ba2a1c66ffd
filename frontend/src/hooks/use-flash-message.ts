import { useEffect, useState } from "react";

/** A message that one page leaves for the next. */
export type FlashMessage = "created" | "deleted";

/** The message that the previous page has left; once, and not again after a reload. */
export function useFlashMessage(): FlashMessage | undefined {
  const [message] = useState(() => (history.state as { message?: FlashMessage } | null)?.message);

  useEffect(() => {
    if (message !== undefined) history.replaceState(null, "");
  }, [message]);

  return message;
}

/** The navigation options that leave a message. */
export function withFlashMessage(message: FlashMessage) {
  return { state: { message } };
}
