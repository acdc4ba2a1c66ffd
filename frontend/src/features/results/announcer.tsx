import { useEffect, useRef, useState } from "react";

const INTERVAL = 15_000; // milliseconds

/**
 * A live region for screen readers that announces at most one text per interval, the newest: while
 * votes stream in, each would interrupt the one before.
 */
export function Announcer({ text }: { text: string }) {
  const [announced, setAnnounced] = useState("");
  const newest = useRef(text);
  const last = useRef(text); // the first text is read with the page

  useEffect(() => {
    newest.current = text;
  }, [text]);

  useEffect(() => {
    const timer = setInterval(() => {
      if (newest.current === last.current) return;
      last.current = newest.current;
      setAnnounced(newest.current);
    }, INTERVAL);
    return () => {
      clearInterval(timer);
    };
  }, []);

  return (
    <p className="visually-hidden" aria-live="polite">
      {announced}
    </p>
  );
}
