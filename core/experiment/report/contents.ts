import type { DatasetRecord } from '../../data/dataset.ts';
import type { Recipe, Size } from '../recipe.ts';
import type { RunResult } from '../results.ts';

/** What a report is made of. */
export interface ReportContents {
  recipe: Recipe;
  size: Size;
  firstSeed: number;
  record: DatasetRecord;
  results: readonly RunResult[];
}
