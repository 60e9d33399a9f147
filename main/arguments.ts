import { parseArgs } from 'node:util';

export interface Arguments {
  /** Library folder asked for. */
  home: string | undefined;
  userDataDir: string | undefined;
  /** Folder for the sample of the smoke test; the application shows no window then. */
  smokeTest: string | undefined;
  /** Language of the window, as `de`; before what is set and what the system speaks. */
  language: string | undefined;
}

/** Reads our own switches; Electron and Chromium have others between them, which are left alone. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      home: { type: 'string' },
      'user-data-dir': { type: 'string' },
      'smoke-test': { type: 'string' },
      lang: { type: 'string' },
    },
    strict: false,
    allowPositionals: true,
  });
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined;
  return {
    home: text(values['home']),
    userDataDir: text(values['user-data-dir']),
    smokeTest: text(values['smoke-test']),
    language: text(values['lang']),
  };
}
