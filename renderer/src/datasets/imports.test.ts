import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { Calls } from '../../../main/ipc/contract.ts';
import { nameFromPath } from './imports.svelte.ts';

describe('nameFromPath', () => {
  it.each([
    ['/home/me/faces', 'faces'],
    ['C:\\Users\\me\\My Pictures\\', 'My Pictures'],
    ['/home/me/Große Bilder (2)', 'Grosse Bilder 2'],
    ['/home/me/Été à la mer', 'Ete a la mer'],
    ['/data/.hidden', 'hidden'],
    ['/data/写真', 'images'],
    ['/', 'images'],
    [`/data/${'long '.repeat(40)}`, 'long '.repeat(13).trim()],
  ])('%s', (path, name) => {
    expect(nameFromPath(path)).toBe(name);
    expect(v.is(Calls['datasets.import'].params.entries.name, nameFromPath(path))).toBe(true);
  });
});
