/**
 * Draws data sets that no paper knows: pictures of discs, squares, triangles and rings of any size and place, as one npy
 * file; 28 × 28 and grey on black, or with `--colour` 32 × 32, a shape of one colour on a ground of another. The same
 * number gives the same pictures.
 *
 *   node scripts/draw-shapes.mjs shapes.npy 5000
 *   npx covae data import shapes.npy --name shapes
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const SIDE = 28;
const COLOUR_SIDE = 32;
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

/** Red, green and blue of a hue (0 to 6), each 0 to 1 (HSV with full saturation and value). */
function hue(angle) {
  return [5, 3, 1].map((offset) => {
    const at = (offset + angle) % 6;
    return 1 - Math.max(0, Math.min(at, 4 - at, 1));
  });
}

/**
 * A bright shape of any hue on a dark ground of another.
 * @returns {Uint8Array} count × 32 × 32 × 3
 */
export function drawColourShapes(count, seed = 1) {
  const random = generator(seed);
  const side = COLOUR_SIDE;
  const pixels = new Uint8Array(count * side * side * 3);
  for (let image = 0; image < count; image++) {
    const inside = SHAPES[Math.floor(random() * SHAPES.length)];
    const radius = 5 + 8 * random();
    const [left, top] = [0, 1].map(() => radius + random() * (side - 2 * radius));
    const angle = 6 * random();
    const light = 150 + 105 * random();
    const own = hue(angle).map((part) => light * (0.15 + 0.85 * part));
    const dark = 20 + 60 * random();
    const ground = hue((angle + 2 + 2 * random()) % 6).map((part) => dark * (0.4 + 0.6 * part));
    for (let at = 0; at < side * side; at++) {
      let share = 0;
      for (let point = 0; point < FINE * FINE; point++) {
        const x = (at % side) + ((point % FINE) + 0.5) / FINE;
        const y = Math.floor(at / side) + (Math.floor(point / FINE) + 0.5) / FINE;
        if (inside((x - left) / radius, (y - top) / radius)) share += 1 / (FINE * FINE);
      }
      for (let c = 0; c < 3; c++) {
        pixels[(image * side * side + at) * 3 + c] = Math.round(ground[c] + share * (own[c] - ground[c]));
      }
    }
  }
  return pixels;
}

/** An npy file, version 1.0, of bytes. @param shape of one picture */
export function npyOf(pixels, count, shape = [SIDE, SIDE]) {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${[count, ...shape].join(', ')}), }`;
  const header = `${text.padEnd(117)}\n`;
  return Buffer.concat([
    Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]),
    Buffer.from(header, 'latin1'),
    pixels,
  ]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const given = process.argv.slice(2);
  const [file = 'shapes.npy', text = '5000'] = given.filter((argument) => argument !== '--colour');
  const count = Number(text);
  writeFileSync(
    file,
    given.includes('--colour')
      ? npyOf(drawColourShapes(count), count, [COLOUR_SIDE, COLOUR_SIDE, 3])
      : npyOf(drawShapes(count), count),
  );
}
