import BookOpen from '@lucide/svelte/icons/book-open';
import Spline from '@lucide/svelte/icons/spline';
import ChartLine from '@lucide/svelte/icons/chart-line';
import Images from '@lucide/svelte/icons/images';
import LayoutGrid from '@lucide/svelte/icons/layout-grid';
import type { ActionId } from '../../../main/ipc/contract.ts';
import type { Setting, Settings } from '../library/settings.svelte.ts';

export type ViewName = Setting<'navigation'>['view'];

/** The views in the order of work. */
export const views = [
  { name: 'datasets', label: 'Data sets', icon: Images, action: 'view-datasets' },
  { name: 'train', label: 'Train', icon: ChartLine, action: 'view-train' },
  { name: 'samples', label: 'Samples', icon: LayoutGrid, action: 'view-samples' },
  { name: 'explore', label: 'Explore', icon: Spline, action: 'view-explore' },
] as const satisfies readonly { name: ViewName; label: string; icon: unknown; action: ActionId }[];

/** What explains them. */
export const guideView = { name: 'guide', label: 'Guide', icon: BookOpen, action: 'guide' } as const;

/** Shows a view; asked for once more, it is shown from its beginning. */
export function goTo(settings: Settings, view: ViewName): void {
  const again = settings.get('navigation').view === view;
  // From a table or a comparison the link leads back to training.
  if (view === 'train' && again) {
    settings.set('runs', { page: 'none' });
    settings.set('compare', { open: false });
  }
  settings.set('navigation', { view, ...(view === 'datasets' && again ? { dataset: null } : {}) });
}
