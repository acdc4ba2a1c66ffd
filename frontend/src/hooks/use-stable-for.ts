import { useEffect, useState } from "react";

/** Whether a condition has held for the given milliseconds without interruption. */
export function useStableFor(holds: boolean, milliseconds: number): boolean {
  const [stable, setStable] = useState(false);
  useEffect(() => {
    if (!holds) return;
    const timer = setTimeout(() => {
      setStable(true);
    }, milliseconds);
    return () => {
      clearTimeout(timer);
      setStable(false);
    };
  }, [holds, milliseconds]);
  return holds && stable;
}
