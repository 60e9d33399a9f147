import { afterEach, describe, expect, it, vi } from 'vitest';
import { formatBytes, formatDuration, shellWord, table } from './format.ts';
import { formatLoss, Output, tellTroubles, trainingLine } from './output.ts';

afterEach(() => vi.restoreAllMocks());

describe('what is printed', () => {
  it('has readable numbers', () => {
    expect([0, 59.6, 151, 3600 * 3 + 300, 86_400 * 3].map(formatDuration)).toEqual([
      '0 s',
      '1 min 0 s',
      '2 min 31 s',
      '3 h 5 min',
      '3 d 0 h',
    ]);
    expect([5, 12_345_678_901].map(formatBytes)).toEqual(['5 bytes', '12.3 GB']);
    expect([83.14159, 11_312, 0.000123, 1.5e7].map(formatLoss)).toEqual([
      '83.1',
      '11300',
      '1.23e-4',
      '1.50e+7',
    ]);
    expect(trainingLine({ step: 5, steps: 10, loss: 2, stepsPerSecond: 0, secondsLeft: null })).toBe(
      'step 5/10   loss 2',
    );
    expect(trainingLine({ step: 5, steps: 10, loss: 2, stepsPerSecond: 1.234, secondsLeft: 4 })).toBe(
      'step 5/10   loss 2   1.23 steps/s   4 s left',
    );
    expect(
      table([
        ['a', 'bbb'],
        ['cc', 'd'],
      ]),
    ).toEqual(['a   bbb', 'cc  d']);
    expect(shellWord('my run')).toBe("'my run'");
    expect(shellWord("it's")).toBe(`'it'\\''s'`);
  });

  it('writes the progress line over on a terminal and ends it before other lines', () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    let text = '';
    const stdout = { isTTY: true, columns: 30, write: (more: string) => (text += more) };
    const output = new Output({ stdout, stderr: stdout }, { json: false });
    output.progress('one', {});
    output.progress('left out, too soon', {});
    now = 150;
    output.progress('x'.repeat(50), {});
    output.line('done');
    expect(text).toBe(`\r\x1b[Kone\r\x1b[K${'x'.repeat(29)}\ndone\n`);
  });
});

it('tells small failures of a training, and what it waits for', () => {
  const lines: string[] = [];
  const streams = { stdout: { write: (text: string) => lines.push(text) }, stderr: { write: () => true } };
  const { onNotice, onWaiting } = tellTroubles(new Output(streams, { json: true }));
  onNotice('The grid of samples works again.', 'over');
  onWaiting({ missing: 5, sentence: 'Waiting for room on the disk: 1 kB are missing.' });
  onWaiting(null);
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    { event: 'notice', text: 'The grid of samples works again.', kind: 'over' },
    { event: 'waiting', missing: 5, over: false },
    { event: 'waiting', missing: null, over: true },
  ]);
});
