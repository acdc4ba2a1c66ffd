import { useEffect, useState } from "react";

/**
 * The time, kept up to date.
 * @param every milliseconds between two looks at the clock
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
