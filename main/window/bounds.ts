/** Remembers where the window was. */
import fs from 'node:fs';
import * as v from 'valibot';

export const MIN_WIDTH = 960;
export const MIN_HEIGHT = 640;

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

const whole = v.pipe(v.number(), v.integer());
const SavedSchema = v.object({
  x: whole,
  y: whole,
  width: v.pipe(whole, v.minValue(MIN_WIDTH)),
  height: v.pipe(whole, v.minValue(MIN_HEIGHT)),
  maximized: v.boolean(),
});

export type SavedBounds = v.InferOutput<typeof SavedSchema>;

/** So much of the window has to lie on a screen that it can be taken hold of, in pixels. */
const VISIBLE = 64;

/** What was saved, or null when there is nothing usable or its screen is gone. */
export function readBounds(file: string, screens: readonly Rectangle[]): SavedBounds | null {
  let raw: unknown;
  try {
    raw = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
  const saved = v.safeParse(SavedSchema, raw);
  if (!saved.success) return null;
  const { output } = saved;
  return screens.some((screen) => overlap(output, screen)) ? output : null;
}

function overlap(window: Rectangle, screen: Rectangle): boolean {
  const across = Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x);
  const down = Math.min(window.y + window.height, screen.y + screen.height) - Math.max(window.y, screen.y);
  return across >= VISIBLE && down >= VISIBLE;
}

/** Saves; a disk that refuses costs no more than the window's place. */
export function saveBounds(file: string, bounds: SavedBounds): void {
  try {
    fs.writeFileSync(file, JSON.stringify(bounds));
  } catch {
    // Not worth a word to the person.
  }
}
