import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { blocksOf, lossCurveSvg, writeLossCurve } from './curve.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'covae-curve-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const falling = Array.from({ length: 300 }, (_, i) => ({ step: (i + 1) * 10, loss: 500 / (i + 1) }));

/** Where the lines of a chart go, [x, y] in pixels, y down. */
function linesOf(svg: string): [number, number][][] {
  const marks = svg.matchAll(/<path[^>]*aria-roledescription="line mark"[^>]*>/g);
  return [...marks].map(([mark]) => {
    const [, d = ''] = / d="([^"]*)"/.exec(mark) ?? [];
    return [...d.matchAll(/[ML]([-\d.e]+),([-\d.e]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
  });
}

describe('the loss curve', () => {
  it('goes down on the picture when the loss does, over its whole width', async () => {
    const file = path.join(folder, 'loss.svg');
    await writeLossCurve(file, falling, 'Loss of a run');
    const svg = readFileSync(file, 'utf8');
    expect(svg).toContain('Loss of a run');
    const [all = [], means = []] = linesOf(svg);
    expect(all).toHaveLength(300);
    expect(means).toHaveLength(120);
    for (const line of [all, means]) {
      const heights = line.map(([, y]) => y);
      expect([...heights].sort((a, b) => a - b)).toEqual(heights);
      expect((heights.at(-1) ?? 0) - (heights[0] ?? 0)).toBeGreaterThan(200);
    }
  });

  it.each([
    ['nothing', []],
    ['one point', [{ step: 10, loss: 3 }]],
    ['equal values', [1, 2].map((step) => ({ step, loss: 3 }))],
    ['values without a logarithm', [3, NaN, 0, -1, Infinity, 2].map((loss, i) => ({ step: i + 1, loss }))],
    ['huge and tiny values', [1e30, 1e-30].map((loss, i) => ({ step: i + 1, loss }))],
  ])('can be drawn of %s', async (_, lines) => {
    expect(await lossCurveSvg(lines, 'Title')).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('leaves nothing behind where it cannot be written', async () => {
    const file = path.join(folder, 'missing', 'loss.svg');
    await expect(writeLossCurve(file, falling, 'Title')).rejects.toThrow(
      /The loss curve could not be written/,
    );
    expect(existsSync(path.dirname(file))).toBe(false);
  });
});

describe('blocks of logged steps', () => {
  it('are means that keep a constant and a slope, or the largest values', () => {
    const line = Array.from({ length: 1200 }, (_, i) => ({ step: i, value: 2 * i + 1 }));
    const means = blocksOf(line, 'mean');
    expect(means).toHaveLength(120);
    means.forEach(({ step, value }) => expect(value).toBeCloseTo(2 * (step - 4.5) + 1, 9));
    blocksOf(line, 'largest').forEach(({ step, value }) => expect(value).toBe(2 * step + 1));
  });

  it('leave out what was not logged', () => {
    expect(
      blocksOf(
        [
          { step: 1, value: null },
          { step: 2, value: 5 },
        ],
        'mean',
      ),
    ).toEqual([{ step: 2, value: 5 }]);
  });
});
