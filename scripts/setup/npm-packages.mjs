/** The npm packages of the lock file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCommand, run } from './run.mjs';
import { StepError } from './report.mjs';

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Whether `node_modules` holds what the lock file says. npm writes `node_modules/.package-lock.json` last, so an
 * interrupted installation has none or an old one; packages for other platforms are optional and may be absent.
 */
export function isInstalled(lock, installed) {
  if (!installed?.packages) return false;
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const found = installed.packages[path];
    if (found === undefined) {
      if (!wanted.optional) return false;
    } else if (found.version !== wanted.version || found.integrity !== wanted.integrity) {
      return false;
    }
  }
  return Object.keys(installed.packages).every((path) => path in lock.packages);
}

/** How to start npm: the one that runs us, else the one on PATH. */
export function npmCommand(env = process.env) {
  if (env.npm_execpath?.endsWith('npm-cli.js')) return [process.execPath, env.npm_execpath];
  return [findCommand('npm') ?? 'npm'];
}

/** Installs the lock file's packages without running their scripts (the one that matters, the addon, is built by us). */
export async function ensureNpmPackages(root, progress) {
  const lock = readJson(join(root, 'package-lock.json'));
  if (!lock)
    throw new StepError('package-lock.json is missing or damaged.', {
      remedy: 'restore it from the repository.',
    });
  const count = Object.keys(lock.packages).length - 1;
  if (isInstalled(lock, readJson(join(root, 'node_modules', '.package-lock.json'))))
    return 'as in the lock file';
  const [command, ...first] = npmCommand();
  progress(`installing ${count} packages`);
  const timer = setInterval(() => progress(`installing ${count} packages`), 1000);
  const result = await run(
    command,
    [...first, 'ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'],
    { cwd: root },
  ).finally(() => clearInterval(timer));
  if (result.code !== 0) {
    throw new StepError('`npm ci` failed.', {
      output: result.output,
      remedy: 'check the network or the registry that npm is set to, then run the same command again.',
    });
  }
  return 'installed from the lock file';
}
