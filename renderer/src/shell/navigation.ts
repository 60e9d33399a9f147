import Spline from '@lucide/svelte/icons/spline';
import ChartLine from '@lucide/svelte/icons/chart-line';
import Images from '@lucide/svelte/icons/images';
import LayoutGrid from '@lucide/svelte/icons/layout-grid';
import type { Setting } from '../library/settings.svelte.ts';

export type ViewName = Setting<'navigation'>['view'];

/** The views in the order of work. */
export const views = [
  { name: 'datasets', label: 'Data sets', icon: Images },
  { name: 'train', label: 'Train', icon: ChartLine },
  { name: 'samples', label: 'Samples', icon: LayoutGrid },
  { name: 'explore', label: 'Explore', icon: Spline },
] as const satisfies readonly { name: ViewName; label: string; icon: unknown }[];
