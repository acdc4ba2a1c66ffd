import { useEffect, useRef, useState } from "react";

const PAUSE = 15_000;

/**
 * Reads news to those who do not see them, politely and not too often: while votes stream in, only
 * the newest state is said, once in a while.
 */
export function Announcer({ text }: { text: string }) {
  const [said, setSaid] = useState("");
  const newest = useRef(text);
  const heard = useRef(text); // what the page began with was read with the page

  useEffect(() => {
    newest.current = text;
  }, [text]);

  useEffect(() => {
    const timer = setInterval(() => {
      if (newest.current === heard.current) return;
      heard.current = newest.current;
      setSaid(newest.current);
    }, PAUSE);
    return () => {
      clearInterval(timer);
    };
  }, []);

  return (
    <p className="visually-hidden" aria-live="polite">
      {said}
    </p>
  );
}
