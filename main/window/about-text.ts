import { translated } from '../../text/translated.ts';
import { electronRemark, electronText } from '../electron-release.ts';

/** Versions of what runs, as `process.versions` has them. */
export interface Versions {
  electron: string;
  chrome: string;
  node: string;
}

/**
 * What About says, a line each.
 *
 * @param app version of the application
 * @param now milliseconds since 1970
 */
export function aboutLines(app: string, { electron, chrome, node }: Versions, now: number): string[] {
  const remark = electronRemark(electron, now);
  return [
    `Version ${app}`,
    `Electron ${translated(electronText(electron, now))}${remark === null ? '' : `; ${translated(remark)}`}`,
    `Chromium ${chrome}, Node.js ${node}`,
  ];
}
