/** Which npm packages ship, and the text of each one's licence. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE_FILE =
  /^(licen[cs]es?|copying|copyright|notice|unlicen[cs]e|third[-_ ]?party[-_ ]?notices?)\b/i;
const PERMISSION = /permission is hereby granted|redistribution and use in source|licensed under the apache/i;

/** A standard text of a licence, as kept in `texts/`; undefined where there is none of this name. */
export function standardText(name) {
  const file = new URL(`texts/${name}.txt`, import.meta.url);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/**
 * Folders of the packages that ship: those the packaged application carries, and those whose code is in its bundles.
 *
 * @param {string} root the project
 * @param {readonly string[]} bundled paths of files in the bundles, as `bundledFiles` of the build names them
 * @returns {string[]} `node_modules/…`, in order of the alphabet
 */
export function shippedFolders(root, bundled) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const shipped = new Set();
  for (const [folder, { dev }] of Object.entries(packages))
    if (folder !== '' && !dev && existsSync(join(root, folder, 'package.json'))) shipped.add(folder);
  for (const file of bundled) {
    const folder = packageFolderOf(file);
    if (folder !== undefined) shipped.add(folder);
  }
  return [...shipped].sort((a, b) => (a < b ? -1 : 1));
}

/** Names of the packages that ship, those in bundles as far as the last build noted them. */
export function shippedNames(root) {
  const list = join(root, 'dist', 'bundled.json');
  const bundled = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  return new Set(
    shippedFolders(root, bundled).map((folder) => folder.slice(folder.lastIndexOf('node_modules/') + 13)),
  );
}

/** `node_modules/a/node_modules/@b/c` of `…/node_modules/a/node_modules/@b/c/dist/d.js`. */
export function packageFolderOf(file) {
  return /(?:^|\/)(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(`${file}/`)?.[1];
}

/**
 * One package: `{ name, version, licence, homepage, text }`; `text` is undefined when there is none to be had.
 *
 * @param {string} folder of the package
 */
export function describePackage(folder) {
  const info = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const licence = licenceOf(info);
  return {
    name: info.name,
    version: info.version,
    licence,
    homepage: info.homepage ?? addressOf(info.repository),
    text: ownText(folder) ?? readmeText(folder) ?? substitute(info, licence),
  };
}

function licenceOf({ license, licenses }) {
  if (typeof license === 'string') return license;
  if (license?.type) return license.type;
  if (Array.isArray(licenses)) return licenses.map((entry) => entry.type ?? entry).join(' OR ');
  return 'unknown';
}

function addressOf(repository) {
  const address = typeof repository === 'string' ? repository : repository?.url;
  return address?.replace(/^git\+|\.git$/g, '').replace(/^git:\/\//, 'https://');
}

/** The files that say it, one after the other. */
function ownText(folder) {
  const texts = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name))
    .map(({ name }) => name)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
    .filter((text) => text !== '');
  return texts.length === 0 ? undefined : [...new Set(texts)].join('\n\n');
}

/** From the heading in the readme that speaks of the licence to its end, when a licence is there and not only named. */
function readmeText(folder) {
  const name = readdirSync(folder).find((file) => /^readme/i.test(file));
  if (name === undefined) return undefined;
  const text = readFileSync(join(folder, name), 'utf8');
  const at = text.search(/^(#+ *)?licen[cs]e\b.*$/im);
  const end = at < 0 ? '' : text.slice(at).trim();
  return PERMISSION.test(end) ? end : undefined;
}

/** The standard text, where a package names its licence and leaves the text out. */
function substitute({ author }, licence) {
  const parts = licence.split(/\s+(?:AND|OR)\s+|[()]/).filter(Boolean);
  const texts = parts.map((name) => standardText(name.replace(/-(only|or-later)$/, '')));
  if (texts.includes(undefined) || texts.length === 0) return undefined;
  const who = typeof author === 'string' ? author : author?.name;
  const holder = who ? `Copyright ${who}\n\n` : '';
  return `The package carries no text of its licence; it names ${licence}, whose text is:\n\n${holder}${texts.join('\n\n')}`;
}
