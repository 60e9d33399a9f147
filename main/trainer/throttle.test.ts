import { describe, expect, it } from 'vitest';
import { throttled } from './throttle.ts';

describe('throttled', () => {
  it('lets one value an interval through, and never loses the last', () => {
    const sent: number[] = [];
    let now = 0;
    const { push, flush } = throttled(
      100,
      (value: number) => sent.push(value),
      () => now,
    );
    for (now = 0; now <= 250; now += 10) push(now);
    expect(sent).toEqual([0, 100, 200]);
    flush();
    flush();
    expect(sent).toEqual([0, 100, 200, 250]);
  });
});
