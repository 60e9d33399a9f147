import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { holdOut } from './hold-out.ts';

/** The first two words of the hash of each text. */
function hashes(...texts: string[]): Uint32Array {
  return Uint32Array.from(
    texts.flatMap((text) => {
      const hash = createHash('sha256').update(text).digest();
      return [hash.readUInt32BE(0), hash.readUInt32BE(4)];
    }),
  );
}

const names = Array.from({ length: 100 }, (_, i) => `image ${i}`);

describe('holdOut', () => {
  it('holds out the share that was asked for', () => {
    for (const share of [0.01, 0.1, 0.25, 0.5]) {
      const flags = holdOut(hashes(...names), share);
      expect(flags?.reduce((sum, flag) => sum + flag, 0)).toBe(100 * share);
    }
    expect(holdOut(hashes(...names), 0)).toBeNull();
    expect(holdOut(hashes('a', 'b'), 0.1)).toBeNull();
  });

  it('chooses by content, not by order, and more of the same at a larger share', () => {
    const flags = holdOut(hashes(...names), 0.2)!;
    const backwards = holdOut(hashes(...[...names].reverse()), 0.2)!;
    expect([...backwards].reverse()).toEqual([...flags]);
    const more = holdOut(hashes(...names), 0.3)!;
    flags.forEach((flag, i) => expect(more[i]! >= flag).toBe(true));
  });

  it('keeps equal images on one side', () => {
    const texts = names.map((name, i) => (i < 60 ? `image ${i % 6}` : name));
    const flags = holdOut(hashes(...texts), 0.3)!;
    for (let i = 6; i < 60; i++) expect(flags[i]).toBe(flags[i % 6]);
    expect(flags).toContain(0);
    // All the same: none can be held out.
    expect(holdOut(hashes('a', 'a', 'a', 'a'), 0.5)).toBeNull();
  });
});
