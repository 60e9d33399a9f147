/**
 * Does what Electron's own default application does for `electron [-r MODULE] FOLDER`: starts the application in
 * FOLDER. Needed where Electron was taken out of a packaged application and has no default application left.
 */
const { app } = require('electron');
const Module = require('node:module');
const { readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

const modules = [];
let folder;
const args = process.argv.slice(1);
for (let i = 0; i < args.length && folder === undefined; i++) {
  if (args[i] === '-r' || args[i] === '--require') modules.push(args[++i]);
  else if (!args[i].startsWith('-')) folder = resolve(args[i]);
}

function fail(why) {
  process.stderr.write(`${why}\n`);
  app.exit(1);
}

if (folder === undefined) {
  fail('Say which application to start: electron FOLDER');
} else {
  Object.defineProperty(process, 'defaultApp', { enumerable: true, value: true });
  for (const name of modules) require(resolve(name));
  let info;
  try {
    info = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch (error) {
    fail(`${join(folder, 'package.json')} cannot be read: ${error.message}`);
  }
  if (info) {
    const name = info.productName || info.name;
    if (name) {
      app.setName(name);
      app.setPath('userData', join(app.getPath('appData'), name));
    }
    if (info.version) app.setVersion(info.version);
    app.setAppPath(folder);
    // As the process's main module, so that `require.main` is the application's.
    Module._load(join(folder, info.main || 'index.js'), Module, true);
  }
}
