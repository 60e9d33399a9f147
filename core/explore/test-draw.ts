/** For tests: draws of generators that have no network. */
import type { Work } from './api.ts';

/** A draw that asks for so many network calls and then gives its images, or work its result. */
export function testDraw<T>(images: T, calls = 0): Work<T> {
  let made = 0;
  return {
    next: () =>
      made++ < calls ? { done: false, value: { name: 'decode', inputs: {} } } : { done: true, value: images },
  };
}
