/** What was dropped on the window or pasted into it. */

/** Whether something dragged over the window are files. */
export const carriesFiles = (event: DragEvent): boolean =>
  event.dataTransfer?.types.includes('Files') ?? false;

/** Files and folders of a drop or paste, and images that are no file yet. */
export interface Brought {
  paths: string[];
  /** Images from the clipboard, such as a part of the screen. */
  images: File[];
}

/** @param pathOf path of a file; empty for what is no file on disk */
export function broughtBy(transfer: DataTransfer, pathOf: (file: File) => string): Brought {
  const paths: string[] = [];
  const images: File[] = [];
  for (const file of transfer.files) {
    const path = pathOf(file);
    if (path !== '') paths.push(path);
    else if (file.type.startsWith('image/')) images.push(file);
  }
  // File managers copy a list of addresses besides, or instead.
  if (paths.length === 0) paths.push(...pathsInText(transfer.getData('text/uri-list')));
  if (paths.length === 0 && images.length === 0) paths.push(...pathsInText(transfer.getData('text/plain')));
  return { paths, images };
}

/** Absolute paths and `file:` addresses, one a line; nothing when any line is something else. */
export function pathsInText(text: string): string[] {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const paths = lines.map((line) => {
    if (/^file:\/\//i.test(line)) return fromAddress(line);
    return /^(\/[^/]|[A-Za-z]:[\\/]|\\\\)/.test(line) ? line : null;
  });
  return paths.every((path) => path !== null) ? paths : [];
}

function fromAddress(address: string): string | null {
  try {
    const path = decodeURIComponent(new URL(address).pathname);
    // On Windows: /C:/Users → C:/Users
    return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
  } catch {
    return null;
  }
}
