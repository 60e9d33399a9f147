/** The pictures of all parts of the board. */
import type { Studio } from '../studio.ts';
import { Pictures, type Request } from './pictures.svelte.ts';

export class BoardPictures {
  readonly points: Pictures;
  readonly live: Pictures;
  readonly film: Pictures;
  readonly times: Pictures;
  readonly corners: Pictures;
  readonly grid: Pictures;
  readonly subject: Pictures;
  readonly effects: Pictures;
  readonly varied: Pictures;
  readonly sums: Pictures;
  readonly near: Pictures;
  readonly children: Pictures;
  /** Parents of the generation that is looked at. */
  readonly parents: Pictures;
  /** The picture, the other one and the painted one. */
  readonly painting: Pictures;

  /** @param learns whether the weights of a request change while it draws, and are kept nowhere */
  constructor({ pixels, fail }: Studio, learns: (request: Request) => boolean) {
    const plain = (): Pictures => new Pictures(pixels, fail, { learns });
    const live = (): Pictures => new Pictures(pixels, fail, { live: true, learns });
    this.points = plain();
    this.live = live();
    this.film = plain();
    this.times = plain();
    this.corners = plain();
    this.grid = plain();
    this.subject = live();
    this.effects = plain();
    this.varied = plain();
    this.sums = plain();
    this.near = plain();
    this.children = plain();
    this.parents = plain();
    this.painting = live();
  }

  get all(): Pictures[] {
    const { points, live, film, times, corners, grid, subject } = this;
    const { effects, varied, sums, near, children, parents, painting } = this;
    return [
      ...[points, live, film, times, corners, grid, subject],
      ...[effects, varied, sums, near, children, parents, painting],
    ];
  }
}
