/** For tests: a value that what is derived from it follows. */
export function box<T>(initial: T): { value: T } {
  let value = $state.raw(initial);
  return {
    get value() {
      return value;
    },
    set value(next) {
      value = next;
    },
  };
}
