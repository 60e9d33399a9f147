/**
 * Entry of the packaged application: loads the application only when its archive is as it was packaged. Electron itself
 * looks on macOS and Windows only.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { app, dialog } from 'electron';
import fs from 'original-fs';
import { findDamage } from './archive/asar.ts';
import { readArguments } from './arguments.ts';

const damage = app.isPackaged ? findDamage(path.join(process.resourcesPath, 'app.asar'), fs) : null;

if (damage === null) {
  createRequire(__filename)('./main.cjs');
} else {
  const sentence =
    `CoVAE Studio does not start because a part of it (${damage}) is not as it was packaged: ` +
    'it is damaged or was changed. Install it again.';
  process.stderr.write(`${sentence}\n`);
  void app.whenReady().then(() => {
    if (readArguments(process.argv.slice(1)).smokeTest === undefined)
      dialog.showErrorBox('CoVAE Studio', sentence);
    app.exit(1);
  });
}
