import packageJson from '../package.json' with { type: 'json' };

/** Version of the application. */
export const APP_VERSION: string = packageJson.version;
