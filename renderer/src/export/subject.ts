import type { ExportOrder, What } from '../../../main/ipc/contract.ts';
import { formatPlural } from '../format.ts';
import type { RunEntry } from '../library/database.ts';

/** What the dialog is opened for: a run, what of it, and how the view that opened it draws. */
export interface ExportSubject {
  run: RunEntry;
  what: What;
  /** How samples are drawn. */
  samples?: Partial<ExportOrder>;
  /** Between which images a path leads, and where they are encoded. */
  path?: Partial<ExportOrder>;
  checkpoint: 'newest' | 'best' | number;
}

/** Names of what can be exported, and what there is to know of each. */
export const WHAT_NAMES: Record<What, { label: string; title: string; count: (n: number) => string }> = {
  samples: {
    label: 'Samples',
    title: 'What the model draws from noise',
    count: (n) => formatPlural(n, 'sample'),
  },
  reconstructions: {
    label: 'Reconstructions',
    title: 'What the model makes of images of its data set',
    count: (n) => formatPlural(n, 'reconstruction'),
  },
  path: {
    label: 'A path',
    title: 'The way from one image to another',
    count: (n) => formatPlural(n, 'frame'),
  },
  plane: {
    label: 'A plane',
    title: 'What lies between four images',
    count: (n) => formatPlural(n, 'picture'),
  },
  film: {
    label: 'The training',
    title: 'Its grids of samples, one after the other',
    count: (n) => formatPlural(n, 'frame'),
  },
};

/** The formats, by what they are good for. */
export const FORMAT_GROUPS = [
  {
    label: 'Pictures',
    formats: [
      { value: 'grid', label: 'One PNG grid' },
      { value: 'png', label: 'Single PNGs in a folder' },
      { value: 'zip', label: 'Zip of PNGs' },
    ],
  },
  {
    label: 'Animations',
    formats: [
      { value: 'gif', label: 'GIF' },
      { value: 'webp', label: 'WebP, without loss' },
      { value: 'apng', label: 'Animated PNG' },
      { value: 'frames', label: 'Frames as PNGs' },
      { value: 'mp4', label: 'MP4 film' },
      { value: 'webm', label: 'WebM film' },
    ],
  },
  {
    label: 'Arrays and tables',
    formats: [
      { value: 'npz', label: 'npz, as samples are measured from' },
      { value: 'npy', label: 'npy' },
      { value: 'parquet', label: 'Parquet, as on the Hugging Face hub' },
      { value: 'dataset', label: 'A data set of the library' },
    ],
  },
] as const satisfies readonly {
  label: string;
  formats: readonly { value: ExportOrder['as']; label: string }[];
}[];

/** Those that play. */
export const PLAYED: readonly ExportOrder['as'][] = ['gif', 'webp', 'apng', 'mp4', 'webm'];

/** Those that the window encodes itself. */
export const FILMS: readonly ExportOrder['as'][] = ['mp4', 'webm'];
