/** The catalogues: what stands for each English text in another language. */
import coreDe from './de/core.json' with { type: 'json' };
import nounsDe from './de/nouns.json' with { type: 'json' };
import windowDe from './de/window.json' with { type: 'json' };
import { type Language, language } from './language.ts';

export interface Catalogue {
  /** English with places `{0}`, `{1}` … → the same in the language; empty where it is not translated yet. */
  messages: ReadonlyMap<string, string>;
  /** Of those, what is made in `core/` and comes as a whole sentence. */
  sentences: ReadonlyMap<string, string>;
  /** English singular → [singular, plural]. */
  nouns: ReadonlyMap<string, readonly [string, string]>;
}

const made = (window: Record<string, string>, core: Record<string, string>, nouns: object): Catalogue => ({
  messages: new Map([...Object.entries(core), ...Object.entries(window)].filter(([, text]) => text !== '')),
  sentences: new Map(Object.entries({ ...window, ...core }).filter(([, text]) => text !== '')),
  nouns: new Map(Object.entries(nouns as Record<string, [string, string]>)),
});

const catalogues: Partial<Record<Language, () => Catalogue>> = {
  de: () => made(windowDe, coreDe, nounsDe),
};
const known = new Map<Language, Catalogue>();

/** The catalogue of the language in use; null for English, which the sources have. */
export function catalogue(): Catalogue | null {
  const wanted = language();
  const make = catalogues[wanted];
  if (make === undefined) return null;
  let found = known.get(wanted);
  if (found === undefined) known.set(wanted, (found = make()));
  return found;
}
