import { spread } from './make-directions.ts';
import { describe, expect, it } from 'vitest';
import { normals } from '../../tensor/noise.ts';
import { activeDimensions, classDirections, componentDirections, groupDirection } from './make.ts';

/** Values that vary by 5, 1 and not at all. */
const COUNT = 400;
const noise = normals([1, 2], COUNT * 3);
const values = noise.map((value, i) => value * [5, 1, 0][i % 3]!);
const encodings = { count: COUNT, size: 3, values };

describe('directions', () => {
  it('lead from one group to another, one standard deviation long', () => {
    const rows = Array.from({ length: COUNT }, (_, row) => row);
    const low = rows.filter((row) => values[3 * row]! < 0);
    const high = rows.filter((row) => values[3 * row]! >= 0);
    const { values: direction, deviation, explained } = groupDirection(encodings, low, high);
    expect(direction[0]!).toBeCloseTo(5, 0);
    expect(Math.abs(direction[1]!)).toBeLessThan(0.5);
    expect(Math.hypot(...direction)).toBeCloseTo(deviation, 4);
    expect(explained).toBeGreaterThan(0.9);
    const back = groupDirection(encodings, high, low).values;
    back.forEach((value, k) => expect(value).toBeCloseTo(-direction[k]!, 5));
  });

  it('refuse a group without images, and two that are one', () => {
    expect(() => groupDirection(encodings, [], [1])).toThrow('A group has no images');
    expect(() => groupDirection(encodings, [1], [1])).toThrow('Both groups have the same encoding');
  });

  it('come one for each class, against all others', () => {
    const labels = Array.from({ length: COUNT }, (_, row) =>
      values[3 * row]! < 0 ? 0 : row % 7 === 0 ? 3 : 1,
    );
    const found = classDirections(encodings, labels, 3);
    expect(found.map((direction) => direction === null)).toEqual([false, false, true]);
    expect(found[0]!.values[0]!).toBeLessThan(-4);
    expect(found[1]!.values[0]!).toBeGreaterThan(4);
  });

  it('are the principal components where nobody says which', () => {
    const found = componentDirections(encodings, 8);
    expect(found).toHaveLength(2);
    expect(found[0]!.values[0]!).toBeCloseTo(5, 0);
    expect(found[0]!.deviation / found[1]!.deviation).toBeCloseTo(5, 0);
    expect(found[0]!.explained + found[1]!.explained).toBeCloseTo(1, 5);
    expect(() => componentDirections({ count: 1, size: 3, values: values.slice(0, 3) }, 2)).toThrow(
      'two images',
    );
  });

  it('tell how many dimensions are in use', () => {
    expect(activeDimensions(encodings)).toBe(2);
  });
});

describe('images that are looked at', () => {
  it('are spread over the data set, and of all classes alike where these take turns', () => {
    for (const [count, most] of [
      [10_000, 200],
      [10_000, 2000],
      [60_000, 500],
    ] as const) {
      const chosen = [...spread(count, most)];
      expect(new Set(chosen).size).toBe(most);
      chosen.forEach((index, i) => expect(Math.floor((index * most) / count)).toBe(i));
      const classes = new Array<number>(10).fill(0);
      chosen.forEach((index) => classes[index % 10]!++);
      classes.forEach((images) => expect(Math.abs(images - most / 10)).toBeLessThan(most / 50));
    }
    expect([...spread(7, 9)]).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});
