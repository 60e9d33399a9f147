import { describe, expect, it } from 'vitest';
import { drawColourShapes, drawShapes, npyOf } from './draw-shapes.mjs';

describe('drawn shapes', () => {
  it('are the same each time, with something grey in each picture', () => {
    const pixels = drawShapes(50);
    expect(drawShapes(50)).toEqual(pixels);
    for (let image = 0; image < 50; image++) {
      const picture = pixels.subarray(image * 784, (image + 1) * 784);
      expect(Math.max(...picture)).toBeGreaterThanOrEqual(96);
      expect(picture.filter((value) => value === 0).length).toBeGreaterThan(200);
    }
  });

  it('lie in an npy file whose pixels begin at a multiple of 64, as numpy writes it', () => {
    const file = npyOf(drawShapes(3), 3);
    const start = 10 + file.readUInt16LE(8);
    expect(start % 64).toBe(0);
    expect(file.length - start).toBe(3 * 784);
    expect(file.subarray(10, start).toString('latin1')).toMatch(/'shape': \(3, 28, 28\), \} *\n$/);
  });

  it('come in colour too, a bright shape on a dark ground', () => {
    const pixels = drawColourShapes(40);
    expect(drawColourShapes(40)).toEqual(pixels);
    const size = 32 * 32 * 3;
    const hues = new Set();
    for (let image = 0; image < 40; image++) {
      const picture = pixels.subarray(image * size, (image + 1) * size);
      const brightness = Array.from({ length: 32 * 32 }, (_, at) =>
        Math.max(...picture.subarray(at * 3, at * 3 + 3)),
      );
      const bright = brightness.indexOf(Math.max(...brightness));
      expect(brightness[bright]).toBeGreaterThanOrEqual(140);
      expect(brightness.filter((value) => value <= 80).length).toBeGreaterThan(200);
      const own = [...picture.subarray(bright * 3, bright * 3 + 3)];
      hues.add(own.indexOf(Math.max(...own)));
    }
    expect(hues.size).toBe(3);
  });
});
