/** Which parameters a training changes (`training.trainOnly`): the others get no gradient, no update and no average. */
import type { TrainingConfig } from '../config/model.ts';
import { isTrained, type TrainOnly } from '../config/trained.ts';
import { elementCount } from '../shape.ts';
import type { ParameterLayout } from '../nn/parameters.ts';
import { tf, type Tensor, type Tensor1D } from '../tensor/tf.ts';

interface Stretch {
  length: number;
  trained: boolean;
}

/** The flat vector of a layout, cut where trained parameters and others meet. */
function stretchesOf(layout: ParameterLayout, trainOnly: TrainOnly): Stretch[] {
  const stretches: Stretch[] = [];
  for (const { name, shape } of layout.specs) {
    const trained = isTrained(trainOnly, name);
    const last = stretches.at(-1);
    if (last !== undefined && last.trained === trained) last.length += elementCount(shape);
    else stretches.push({ length: elementCount(shape), trained });
  }
  return stretches;
}

/** Takes flat vectors apart into what is trained and what is not, and puts them together again; all differentiable. */
export class TrainedPart {
  private readonly stretches: readonly Stretch[];
  /** Everything is trained: vectors pass as they are. */
  readonly isAll: boolean;

  constructor(layout: ParameterLayout, { trainOnly }: Pick<TrainingConfig, 'trainOnly'>) {
    this.stretches = stretchesOf(layout, trainOnly);
    this.isAll = this.stretches.every(({ trained }) => trained);
  }

  /** Number of trained values. */
  get size(): number {
    return this.stretches.reduce((sum, { length, trained }) => sum + (trained ? length : 0), 0);
  }

  /** The trained values of a flat vector. */
  of(flat: Tensor1D): Tensor1D {
    if (this.isAll) return flat;
    return tf.concat(this.cut(flat).filter((_, i) => this.stretches[i]?.trained)) as Tensor1D;
  }

  /** The whole vector of its trained values and, for the rest, those of another whole vector. */
  whole(trained: Tensor1D, rest: Tensor1D): Tensor1D {
    if (this.isAll) return trained;
    const lengths = this.stretches.filter((stretch) => stretch.trained).map(({ length }) => length);
    // The gradient of a split into one part is not as that of one into several.
    const own = lengths.length === 1 ? [trained] : tf.split(trained, lengths);
    const others = this.cut(rest);
    let next = 0;
    return tf.concat(
      this.stretches.map((stretch, i) => (stretch.trained ? own[next++] : others[i])) as Tensor1D[],
    ) as Tensor1D;
  }

  /** The new vector where it is trained, the old one elsewhere. */
  changed(after: Tensor, before: Tensor): Tensor {
    return this.isAll ? after : this.whole(this.of(after as Tensor1D), before as Tensor1D);
  }

  private cut(flat: Tensor1D): Tensor1D[] {
    return tf.split(
      flat,
      this.stretches.map(({ length }) => length),
    ) as Tensor1D[];
  }
}
