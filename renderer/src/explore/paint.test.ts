import { describe, expect, it } from 'vitest';
import type { KeyPoint } from '../../../core/explore/view.ts';
import { brushed, canvasOf, paintedFrom, paintedSubject, touched } from './paint.ts';

const subject: KeyPoint = { kind: 'image', index: 0 };
const partner: KeyPoint = { kind: 'image', index: 1 };
const canvas = canvasOf([3, 4, 2]);
const clean = { subject, partner, nudges: {}, exchange: [] };

describe('painting', () => {
  it('knows the positions of a spatial latent, and takes a vector as one', () => {
    expect(canvas).toEqual({ height: 3, width: 4, channels: 2, spatial: true });
    expect(canvasOf([12])).toEqual({ height: 1, width: 1, channels: 12, spatial: false });
  });

  it('touches what is under the brush', () => {
    expect(brushed(canvas, [1.5, 0.5], 0.5)).toEqual([{ position: 1, share: 1 }]);
    const wide = brushed(canvas, [1.5, 1.5], 1).map(({ position }) => position);
    expect(wide.sort((a, b) => a - b)).toEqual([0, 1, 2, 4, 5, 6, 8, 9, 10]);
  });

  it('raises, lowers, exchanges and erases, within bounds, and comes back from the point', () => {
    const how = { channel: 1, strength: 2, radius: 0.5, at: [2.5, 1.5] as [number, number] };
    let done = touched(clean, canvas, { ...how, tool: 'raise' });
    done = touched(done, canvas, { ...how, tool: 'raise' });
    expect(done.nudges[1]?.[6]).toBe(3);
    done = touched(done, canvas, { ...how, tool: 'lower', at: [0.5, 0.5] });
    done = touched(done, canvas, { ...how, tool: 'exchange', at: [3.5, 2.5] });
    const painted = paintedSubject({ ...clean, ...done }, canvas);
    expect(painted).toMatchObject({
      ...{ kind: 'nudged', channel: 1, amount: 3 },
      of: { kind: 'exchanged', of: subject, with: partner },
    });
    expect(painted.kind === 'nudged' && painted.mask[0]).toBeCloseTo(-2 / 3);
    const back = paintedFrom(painted);
    expect(back).toEqual({ subject, partner, nudges: { 1: done.nudges[1] }, exchange: done.exchange });
    done = touched(done, canvas, { ...how, tool: 'erase' });
    expect(done.nudges[1]?.[6]).toBe(0);
    expect(paintedFrom(subject)).toBeNull();
  });

  it('leaves out what was painted on latents of another shape', () => {
    const other = { ...clean, nudges: { 0: [1, 1] }, exchange: [1, 1] };
    expect(paintedSubject(other, canvas)).toBe(subject);
    const vector = paintedSubject({ ...clean, nudges: { 4: [1.5] } }, canvasOf([12]));
    expect(vector).toEqual({ kind: 'nudged', of: subject, channel: 4, amount: 3, mask: [0.5] });
  });
});
