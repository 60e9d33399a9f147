import { OFFERED_SIZES } from '../../../main/ipc/contract.ts';

/** The sides of an image halved while it can be, no further than to 4: `[28, 14, 7]`. */
export function halvings(side: number): number[] {
  const sides = [side];
  for (let next = side; next % 2 === 0 && next / 2 >= 4;) {
    next /= 2;
    sides.push(next);
  }
  return sides;
}

/** What is to be known of this side: how it is halved, or that it cannot be. */
export function sizeAdvice(side: number): { text: string; good: boolean } {
  const sides = halvings(side);
  if (sides.length > 2) return { text: `A network halves it: ${sides.join(' → ')}.`, good: true };
  const near = OFFERED_SIZES.reduce((best, size) =>
    Math.abs(size - side) < Math.abs(best - side) ? size : best,
  );
  return {
    text: `A network halves images twice or more, which ${side} pixels do not allow; ${near} do.`,
    good: false,
  };
}
