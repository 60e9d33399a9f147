/** The family tree of bred pictures: generations of nine, each from some of another's children. */
import * as v from 'valibot';
import type { KeyPoint } from '../../../core/explore/view.ts';
import { KeyPointSchema } from '../../../main/ipc/contract.ts';

const place = v.pipe(v.number(), v.integer(), v.minValue(0));
const GenerationSchema = v.object({
  /** Place in the list of the generation that the parents are of; null for the first of a family. */
  from: v.nullable(place),
  /** Which of its children the parents are. */
  parents: v.pipe(v.array(place), v.maxLength(9)),
  children: v.pipe(v.array(KeyPointSchema), v.minLength(1), v.maxLength(9)),
});

/** Most generations that are kept; the oldest ends of the tree go first. */
export const MAX_GENERATIONS = 40;

export const FamilySchema = v.pipe(
  v.object({
    generations: v.pipe(v.array(GenerationSchema), v.maxLength(MAX_GENERATIONS)),
    /** Place of the one that is looked at; null for none. */
    now: v.nullable(place),
  }),
  v.check(
    ({ generations, now }) =>
      generations.every(({ from }, i) => from === null || from < i) &&
      (now === null || now < generations.length),
  ),
);
export type Family = v.InferOutput<typeof FamilySchema>;
export type Generation = Family['generations'][number];

export const NO_FAMILY: Family = { generations: [], now: null };

/** The generation that is looked at. */
export function generationNow({ generations, now }: Family): Generation | null {
  return now === null ? null : (generations[now] ?? null);
}

/** Children of the generation that is looked at. */
export function childrenNow(family: Family): readonly KeyPoint[] {
  return generationNow(family)?.children ?? [];
}

/** A family with one more generation, which is looked at: from some of the present one's children, or a new beginning. */
export function withGeneration(family: Family, parents: readonly number[], children: KeyPoint[]): Family {
  const from = parents.length === 0 ? null : family.now;
  const kept = family.generations.length < MAX_GENERATIONS ? family : pruned(family);
  const last = from === null ? null : kept.now;
  return {
    generations: [...kept.generations, { from: last, parents: [...parents], children }],
    now: kept.generations.length,
  };
}

/** Without the oldest generation that nothing descends from, other than the one looked at. */
function pruned({ generations, now }: Family): Family {
  const ends = generations.findIndex((_, i) => i !== now && generations.every(({ from }) => from !== i));
  const gone = ends < 0 ? 0 : ends;
  const moved = (index: number): number => (index > gone ? index - 1 : index);
  return {
    generations: generations
      .filter((_, i) => i !== gone)
      .map((one) => ({ ...one, from: one.from === null || one.from === gone ? null : moved(one.from) })),
    now: now === null || now === gone ? null : moved(now),
  };
}

/** A generation of the tree as it is shown: how deep it lies, and its number among all. */
export interface Branch {
  index: number;
  depth: number;
  generation: Generation;
}

/** The tree from its beginnings downwards, each generation followed by those that descend from it. */
export function branches({ generations }: Family): Branch[] {
  const found: Branch[] = [];
  const walk = (from: number | null, depth: number): void => {
    generations.forEach((generation, index) => {
      if (generation.from !== from) return;
      found.push({ index, depth, generation });
      walk(index, depth + 1);
    });
  };
  walk(null, 0);
  return found;
}

/** The parents of a generation as points. */
export function parentsOf(family: Family, { from, parents }: Generation): KeyPoint[] {
  if (from === null) return [];
  return parents.flatMap((parent) => family.generations[from]?.children[parent] ?? []);
}

/** Nine children of some parents; with one parent, nine variations of it. */
export function bredFrom(parents: readonly KeyPoint[], seed: number): KeyPoint[] {
  const [only] = parents;
  return Array.from({ length: 9 }, (_, i): KeyPoint =>
    parents.length > 1
      ? { kind: 'child', parents: [...parents], seed: seed + i, mutation: 0.15 }
      : { kind: 'varied', of: only ?? { kind: 'image', index: 0 }, strength: 0.45, seed: seed + i },
  );
}
