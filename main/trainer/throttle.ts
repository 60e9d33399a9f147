/** Lets the newest of many values through, at most one an interval (milliseconds). */
export function throttled<T>(
  interval: number,
  send: (value: T) => void,
  now: () => number = () => performance.now(),
): { push: (value: T) => void; flush: () => void } {
  let sentAt = -Infinity;
  let held: { value: T } | null = null;
  return {
    push(value) {
      if (now() - sentAt < interval) {
        held = { value };
        return;
      }
      held = null;
      sentAt = now();
      send(value);
    },
    /** Sends what was held back, so that the last value is never lost. */
    flush() {
      if (held === null) return;
      const { value } = held;
      held = null;
      send(value);
    },
  };
}
