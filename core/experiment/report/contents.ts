import type { DatasetRecord } from '../../data/dataset.ts';
import type { ChosenImages } from '../measure.ts';
import type { Recipe, Size } from '../recipe.ts';
import type { RunResult } from '../results.ts';

/** What a report is made of. */
export interface ReportContents {
  recipe: Recipe;
  size: Size;
  firstSeed: number;
  record: DatasetRecord;
  /** What the runs were measured on. */
  chosen: Pick<ChosenImages, 'indices' | 'heldOut'>;
  results: readonly RunResult[];
}
