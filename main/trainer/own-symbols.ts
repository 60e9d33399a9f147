import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const { RTLD_NOW, RTLD_DEEPBIND } = os.constants.dlopen;

/** `…/@img/sharp-linux-x64/lib/sharp-linux-x64.node`, also for other processors and for musl. */
const SHARP = /[\\/]sharp-(linux[^\\/]*)[\\/]lib[\\/][^\\/]*\.node$/;

/**
 * On Linux Electron brings the system's GLib into every process, and the image library sharp one of its own inside
 * libvips. The loader would give sharp the system's functions for libvips' objects: they refuse them, with a
 * warning each, and no image is ever freed (a third of a megabyte for each one imported). So sharp's addon is loaded
 * with a preference for its own libraries. libvips itself goes first and without that preference, since it has to
 * share the process's allocator. To be called before sharp is loaded.
 */
export function preferOwnSymbolsForSharp(): void {
  if (process.platform !== 'linux' || !('electron' in process.versions)) return;
  // Node's types lack this function's last parameter.
  const load = process.dlopen.bind(process) as (module: object, file: string, flags?: number) => void;
  const loadApart: typeof load = (module, file, flags = RTLD_NOW) => {
    const platform = SHARP.exec(file)?.[1];
    if (platform === undefined) {
      load(module, file, flags);
      return;
    }
    const libvips = path.join(path.dirname(file), '..', '..', `sharp-libvips-${platform}`, 'lib');
    for (const name of fs.readdirSync(libvips).filter((entry) => entry.startsWith('libvips-cpp.so'))) {
      try {
        load({ exports: {} }, path.join(libvips, name), flags);
      } catch {
        // Loaded for good, only to be told that it is no addon.
      }
    }
    load(module, file, flags | RTLD_DEEPBIND);
  };
  process.dlopen = loadApart as typeof process.dlopen;
}
