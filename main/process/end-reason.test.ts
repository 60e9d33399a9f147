import { describe, expect, it } from 'vitest';
import { endReason } from './end-reason.ts';

describe('endReason', () => {
  it('knows a lack of memory from the system and from the last words', () => {
    const sentence = 'The trainer ran out of memory; use a smaller batch or a smaller network.';
    expect(endReason('trainer', { reason: 'oom', exitCode: 0 }, '')).toBe(sentence);
    const words = 'ResourceExhausted: OOM when allocating tensor';
    expect(endReason('trainer', { reason: 'abnormal-exit', exitCode: 1 }, words)).toBe(sentence);
  });

  it('names what the system says, and says so when it says nothing', () => {
    expect(endReason('trainer', { reason: 'killed', exitCode: 9 }, '')).toContain('ended from outside');
    expect(endReason('trainer', { reason: 'crashed', exitCode: 11 }, '')).toBe(
      'The trainer crashed (code 11).',
    );
    expect(endReason('trainer', null, '')).toBe('The trainer ended unexpectedly.');
  });
});
