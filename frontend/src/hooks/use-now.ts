import { useEffect, useState } from "react";

/**
 * The current time, kept up to date.
 * @param every milliseconds between two updates
 */
export function useNow(every: number): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(new Date());
    }, every);
    return () => {
      clearInterval(timer);
    };
  }, [every]);
  return now;
}
