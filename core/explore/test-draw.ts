/** For tests: draws of generators that have no network. */
import type { ImageBatch } from '../data/dataset.ts';
import type { Draw } from './api.ts';

/** A draw that asks for so many network calls and then gives its images. */
export function testDraw(images: ImageBatch, calls = 0): Draw {
  let made = 0;
  return {
    next: () =>
      made++ < calls ? { done: false, value: { name: 'decode', inputs: {} } } : { done: true, value: images },
  };
}
