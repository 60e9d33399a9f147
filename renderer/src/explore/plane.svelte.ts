/** Which part of the plane is looked at, and the point on it. */
import type { Area } from '../../../main/ipc/contract.ts';
import { panned, placeIn, type Spot, zoomed } from './plane-area.ts';

export class Plane {
  /** The point, as a place of the plane. */
  spot = $state.raw<Spot>([0.5, 0.5]);
  readonly #area: () => Area;
  readonly #changed: (area: [number, number, number, number]) => void;

  constructor(area: () => Area, changed: (area: [number, number, number, number]) => void) {
    this.#area = area;
    this.#changed = changed;
  }

  /** Moves the part that is looked at, by shares of its sides. */
  pan(dx: number, dy: number): void {
    this.look(panned(this.#area(), dx, dy));
  }

  /** Goes nearer, or away. @param around as shares of what is seen */
  zoom(factor: number, around?: Spot): void {
    this.look(zoomed(this.#area(), factor, around));
  }

  look([left, top, right, bottom]: Area): void {
    this.#changed([left, top, right, bottom]);
  }

  /** Moves the point by shares of what is seen, and keeps it there. */
  move(dx: number, dy: number): void {
    const [left, top, right, bottom] = this.#area();
    const x = this.spot[0] + dx * (right - left);
    const y = this.spot[1] + dy * (bottom - top);
    this.spot = [Math.min(right, Math.max(left, x)), Math.min(bottom, Math.max(top, y))];
  }

  /** Puts the point where it is seen, as shares of the area. */
  put(share: Spot): void {
    this.spot = placeIn(this.#area(), share);
  }
}
