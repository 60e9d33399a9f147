import packageJson from '../package.json' with { type: 'json' };

/** Version of the application. */
export const APP_VERSION: string = packageJson.version;

/** Hash of the sources of core/, put in by scripts/build.mjs. */
declare const __COVAE_BUILD__: string | undefined;

/** Which sources graphs are recorded from; null where they run without having been built and may change any time. */
export const GRAPH_BUILD: string | null = typeof __COVAE_BUILD__ === 'string' ? __COVAE_BUILD__ : null;
