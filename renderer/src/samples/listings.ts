/** Which samples are shown, in which order. */
import type { DrawMeasures, KeptDraw } from '../../../main/ipc/contract.ts';
import { sortedPlaces } from '../../../main/ipc/contract.ts';
import type { Listing } from './sample-source.svelte.ts';

export type Show = 'all' | 'starred' | 'noted' | 'removed';
export type SortBy = 'drawn' | 'closeness' | 'class';

/** The samples of one draw. */
export function listingOf(draw: KeptDraw, show: Show, sort: SortBy, measures: DrawMeasures | null): Listing {
  const { starred, removed, notes } = draw.marks;
  const measured = sort === 'drawn' ? null : measures;
  const plain = show === 'all' && removed.length === 0 && measured === null;
  if (plain) return { key: `${draw.id} all`, count: draw.count, at: (place) => ({ draw, index: place }) };
  const gone = new Set(removed);
  const chosen: Set<number> | null =
    show === 'starred'
      ? new Set(starred)
      : show === 'noted'
        ? new Set(Object.keys(notes).map(Number))
        : show === 'removed'
          ? gone
          : null;
  const order =
    measured === null || sort === 'drawn'
      ? Array.from({ length: draw.count }, (_, i) => i)
      : sortedPlaces(measured, sort, draw.count);
  const places = Uint32Array.from(
    order.filter((index) => (show === 'removed' || !gone.has(index)) && (chosen?.has(index) ?? true)),
  );
  return {
    // What is shown changes with the marks only where they say what is shown.
    key: `${draw.id} ${show} ${measured ? sort : ''} ${chosen ? [...chosen].join() : ''} ${removed.join()}`,
    count: places.length,
    at: (place) => ({ draw, index: places[place] ?? 0 }),
  };
}

/** All starred samples of some draws, those of the newest draw first. */
export function starredListing(draws: readonly KeptDraw[]): Listing {
  const all = draws.flatMap((draw) => {
    const gone = new Set(draw.marks.removed);
    return draw.marks.starred.filter((index) => !gone.has(index)).map((index) => ({ draw, index }));
  });
  return {
    key: `starred ${all.map(({ draw, index }) => `${draw.id}/${index}`).join()}`,
    count: all.length,
    at: (place) => all[place]!,
  };
}

/** The samples of the same places of several draws beside each other. */
export function besideListing(draws: readonly KeptDraw[]): Listing {
  const each = Math.min(...draws.map(({ count }) => count));
  return {
    key: `beside ${draws.map(({ run, id }) => `${run}/${id}`).join()}`,
    count: each * draws.length,
    at: (place) => ({ draw: draws[place % draws.length]!, index: Math.floor(place / draws.length) }),
  };
}
