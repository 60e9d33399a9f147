/** Which options of an import mean something for which kind of source. The window knows it too: nothing of Node is used. */
import type { OriginKind, SourceRequest } from '../readers/source.ts';

/** An option of the source, and the kinds of sources for which it does something. */
export const OPTION_KINDS = {
  tile: ['tiles'],
  layout: ['npy', 'npz', 'idx'],
  labelsFile: ['npy', 'idx'],
  noLabels: ['npy', 'idx', 'npz', 'parquet'],
  imagesKey: ['npz', 'parquet'],
  labelsKey: ['npz', 'parquet', 'cifar', 'folder', 'zip', 'tar'],
  zipEncoding: ['zip'],
  folderClasses: ['folder', 'zip', 'tar', 'dataset'],
} as const satisfies Readonly<Record<string, readonly OriginKind[]>>;

export type SourceOption = keyof typeof OPTION_KINDS;

/** True where an option does something for a kind of source. */
export function suits(option: SourceOption, kind: OriginKind): boolean {
  return (OPTION_KINDS[option] as readonly OriginKind[]).includes(kind);
}

/** The request without what means nothing for its kind of source. */
export function suitingRequest<T extends Omit<SourceRequest, 'kind'>>(request: T, kind: OriginKind): T {
  const left = givenOptions(request).flatMap(({ option, key }) =>
    suits(option, kind) ? [] : [key as string],
  );
  return Object.fromEntries(Object.entries(request).filter(([key]) => !left.includes(key))) as T;
}

/** The options of the source that are given, and what the command line calls them. */
export function givenOptions({
  tile,
  layout,
  labelsPath,
  imagesKey,
  labelsKey,
  zipEncoding,
}: Omit<SourceRequest, 'kind' | 'paths'>): {
  option: SourceOption;
  key: 'tile' | 'layout' | 'labelsPath' | 'imagesKey' | 'labelsKey' | 'zipEncoding';
  flag: string;
}[] {
  const given: ReturnType<typeof givenOptions> = [];
  if (tile !== undefined) {
    given.push({ option: 'tile', key: 'tile', flag: tile.size === undefined ? '--stride' : '--tile' });
  }
  if (layout !== undefined) given.push({ option: 'layout', key: 'layout', flag: '--layout' });
  if (labelsPath !== undefined) {
    const option = labelsPath === null ? 'noLabels' : 'labelsFile';
    given.push({ option, key: 'labelsPath', flag: labelsPath === null ? '--labels none' : '--labels' });
  }
  if (imagesKey !== undefined) given.push({ option: 'imagesKey', key: 'imagesKey', flag: '--images-key' });
  if (labelsKey !== undefined) given.push({ option: 'labelsKey', key: 'labelsKey', flag: '--labels-key' });
  if (zipEncoding !== undefined)
    given.push({ option: 'zipEncoding', key: 'zipEncoding', flag: '--zip-encoding' });
  return given;
}
