/**
 * Draws a data set that no paper knows: 28 × 28 pictures of discs, squares, triangles and rings of any size, place and
 * grey on black, as one npy file. The same number gives the same pictures.
 *
 *   node scripts/draw-shapes.mjs shapes.npy 5000
 *   npx covae data import shapes.npy --name shapes
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const SIDE = 28;
/** Points a pixel's side that are looked at. */
const FINE = 3;

/** Whether a point lies in a shape of radius 1 around 0. */
const SHAPES = [
  (x, y) => x * x + y * y < 1,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.85,
  (x, y) => y < 0.8 && y > 1.75 * Math.abs(x) - 0.95,
  (x, y) => x * x + y * y < 1 && x * x + y * y > 0.36,
];

/** Numbers from 0 to 1 (mulberry32). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @returns {Uint8Array} count × 28 × 28 */
export function drawShapes(count, seed = 1) {
  const random = generator(seed);
  const pixels = new Uint8Array(count * SIDE * SIDE);
  for (let image = 0; image < count; image++) {
    const inside = SHAPES[Math.floor(random() * SHAPES.length)];
    const radius = 4 + 7 * random();
    const [left, top] = [0, 1].map(() => radius + random() * (SIDE - 2 * radius));
    const grey = 96 + 159 * random();
    for (let at = 0; at < SIDE * SIDE; at++) {
      let share = 0;
      for (let point = 0; point < FINE * FINE; point++) {
        const x = (at % SIDE) + ((point % FINE) + 0.5) / FINE;
        const y = Math.floor(at / SIDE) + (Math.floor(point / FINE) + 0.5) / FINE;
        if (inside((x - left) / radius, (y - top) / radius)) share += 1 / (FINE * FINE);
      }
      pixels[image * SIDE * SIDE + at] = Math.round(grey * share);
    }
  }
  return pixels;
}

/** An npy file, version 1.0, of bytes. */
export function npyOf(pixels, count) {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${count}, ${SIDE}, ${SIDE}), }`;
  const header = `${text.padEnd(117)}\n`;
  return Buffer.concat([
    Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]),
    Buffer.from(header, 'latin1'),
    pixels,
  ]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [file = 'shapes.npy', count = '5000'] = process.argv.slice(2);
  writeFileSync(file, npyOf(drawShapes(Number(count)), Number(count)));
}
