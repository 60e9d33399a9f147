/** What the page may never do, whatever it loads. */
import type { Session, WebContents } from 'electron';
import { isLocalAddress, ORIGIN } from './app-scheme.ts';
import { sendNoDatagrams, spellNothing } from './offline.ts';

/** No permission, no download, and no request that leaves the machine. */
export function guardSession(session: Session): void {
  spellNothing(session);
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
  session.webRequest.onBeforeRequest((details, answer) => {
    const allowed = isLocalAddress(details.url) || details.url.startsWith('devtools://');
    answer({ cancel: !allowed });
  });
}

/** No way to another page, no second window, no embedded browser. */
export function guardContents(contents: WebContents): void {
  sendNoDatagrams(contents);
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', (event) => {
    if (!event.url.startsWith(`${ORIGIN}/`)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
}
