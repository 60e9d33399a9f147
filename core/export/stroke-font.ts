/**
 * A small font of straight strokes, so that pictures with text look the same on a machine without any fonts.
 * A glyph is strokes separated by `|`, each a list of points `xy` on a grid with the baseline at y = 0, small
 * letters up to 4, capitals up to 6 and `a`, `b` for −1, −2.
 */
const GLYPHS: Readonly<Record<string, string>> = {
  A: '00 26 40|12 32',
  B: '00 06 36 45 44 33 03|33 42 41 30 00',
  C: '41 30 10 01 05 16 36 45',
  D: '00 06 26 44 42 20 00',
  E: '40 00 06 46|03 33',
  F: '00 06 46|03 33',
  G: '45 36 16 05 01 10 30 41 43 23',
  H: '00 06|40 46|03 43',
  I: '00 20|10 16|06 26',
  J: '01 10 20 31 36',
  K: '00 06|46 02|13 40',
  L: '06 00 30',
  M: '00 06 23 46 40',
  N: '00 06 40 46',
  O: '10 30 41 45 36 16 05 01 10',
  P: '00 06 36 45 44 33 03',
  Q: '10 30 41 45 36 16 05 01 10|22 40',
  R: '00 06 36 45 44 33 03|23 40',
  S: '01 10 30 41 42 33 13 04 05 16 36 45',
  T: '20 26|06 46',
  U: '06 01 10 30 41 46',
  V: '06 20 46',
  W: '06 10 24 30 46',
  X: '00 46|06 40',
  Y: '06 23 46|23 20',
  Z: '06 46 00 40',
  a: '40 44|43 34 14 03 01 10 30 41',
  b: '06 00|01 10 30 41 43 34 14 03',
  c: '41 30 10 01 03 14 34 43',
  d: '46 40|41 30 10 01 03 14 34 43',
  e: '02 42 43 34 14 03 01 10 30 41',
  f: '10 15 26 36|04 24',
  g: '44 4a 3b 1b 0a|43 34 14 03 01 10 30 41',
  h: '06 00|03 14 34 43 40',
  i: '00 04|06 06',
  j: '0b 1a 14|16 16',
  k: '06 00|34 01|12 30',
  l: '06 01 10',
  m: '00 04|03 14 24 33 30|33 44 54 63 60',
  n: '00 04|03 14 34 43 40',
  o: '10 30 41 43 34 14 03 01 10',
  p: '0b 04|01 10 30 41 43 34 14 03',
  q: '4b 44|41 30 10 01 03 14 34 43',
  r: '00 04|03 14 34',
  s: '01 10 30 41 32 12 03 14 34 43',
  t: '16 11 20 30|04 34',
  u: '04 01 10 30 41|44 40',
  v: '04 20 44',
  w: '04 10 23 30 44',
  x: '00 44|04 40',
  y: '04 20|44 1b 0b',
  z: '04 44 00 40',
  '0': '10 30 41 45 36 16 05 01 10',
  '1': '05 16 10|00 20',
  '2': '05 16 36 45 44 00 40',
  '3': '05 16 36 45 44 33 13|33 42 41 30 10 01',
  '4': '30 36 02 42',
  '5': '46 06 04 34 43 41 30 10 01',
  '6': '45 36 16 05 01 10 30 41 42 33 13 02',
  '7': '06 46 10',
  '8': '13 04 05 16 36 45 44 33 13 02 01 10 30 41 42 33',
  '9': '01 10 30 41 45 36 16 05 04 13 33 44',
  '.': '00 00',
  ',': '10 0a',
  ':': '00 00|04 04',
  '-': '02 32',
  _: '0a 4a',
  '(': '16 05 01 10',
  ')': '06 15 11 00',
  '/': '00 46',
  '+': '03 43|21 25',
  '=': '02 42|04 44',
  '?': '05 16 36 45 44 22|20 20',
};

const CAPITAL_HEIGHT = 6;
const SPACE_WIDTH = 3;
const GAP = 2;

interface Stroke {
  x: number;
  y: number;
}

interface Glyph {
  strokes: Stroke[][];
  width: number;
}

function glyphOf(character: string): Glyph {
  if (character === ' ') return { strokes: [], width: SPACE_WIDTH - GAP };
  const code = GLYPHS[character] ?? GLYPHS['?'] ?? '';
  const strokes = code.split('|').map((stroke) =>
    stroke.split(' ').map((point) => {
      const y = point.charAt(1);
      return { x: Number(point.charAt(0)), y: y === 'a' ? -1 : y === 'b' ? -2 : Number(y) };
    }),
  );
  return { strokes, width: Math.max(0, ...strokes.flat().map(({ x }) => x)) };
}

/** Letters with accents lose them; what the font lacks becomes a question mark. */
function glyphsOf(text: string): Glyph[] {
  return Array.from(text.normalize('NFKD').replace(/\p{M}/gu, ''), glyphOf);
}

/** Width of a text in pixels, for capitals `size` pixels high. */
export function textWidth(text: string, size: number): number {
  const units = glyphsOf(text).reduce((sum, { width }) => sum + width + GAP, -GAP);
  return (Math.max(0, units) * size) / CAPITAL_HEIGHT;
}

/**
 * An SVG path that draws a text when stroked (see {@link strokeWidth}) with round caps and joins.
 *
 * @param x where the text begins, has its middle or ends
 * @param y its baseline
 * @param size height of capitals in pixels
 */
export function textPath(
  text: string,
  x: number,
  y: number,
  size: number,
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  const unit = size / CAPITAL_HEIGHT;
  const shift = { start: 0, middle: 0.5, end: 1 }[anchor];
  let left = x - shift * textWidth(text, size);
  const path: string[] = [];
  for (const { strokes, width } of glyphsOf(text)) {
    for (const stroke of strokes) {
      const points = stroke.map((p) => `${(left + p.x * unit).toFixed(2)} ${(y - p.y * unit).toFixed(2)}`);
      path.push(`M${points.join('L')}`);
    }
    left += (width + GAP) * unit;
  }
  return path.join('');
}

/** The stroke width that suits a text of this size. */
export function strokeWidth(size: number): number {
  return Math.max(1, size * 0.13);
}
