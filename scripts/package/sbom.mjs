/** The bill of materials (CycloneDX) beside the package: npm writes that of its packages, the rest is added here. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nvidiaWheels, weightParts } from '../notices/parts.mjs';
import { describePackage, shippedFolders } from '../notices/packages.mjs';
import { npmCommand } from '../setup/npm-packages.mjs';
import { StepError } from '../setup/report.mjs';

/** What `npm sbom` says of the packages in the lock file, those of development too. Needs no network. */
async function npmBill(root) {
  const [command, ...first] = npmCommand();
  try {
    const { stdout } = await promisify(execFile)(
      command,
      [
        ...[
          ...first,
          'sbom',
          '--sbom-format',
          'cyclonedx',
          '--sbom-type',
          'application',
          '--package-lock-only',
        ],
        // electron-builder leaves NODE_ENV=production behind, for which npm would leave them out.
        ...['--include=dev', '--include=optional', '--include=peer'],
      ],
      { cwd: root, maxBuffer: 100e6 },
    );
    return JSON.parse(stdout);
  } catch (error) {
    throw new StepError('npm sbom failed.', { output: String(error.stderr || error.message) });
  }
}

async function sha256(file) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return [{ alg: 'SHA-256', content: hash.digest('hex') }];
}

function component(name, version, licence, more = {}) {
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    ...more,
    licenses: [
      { license: /^(MIT|Apache-2\.0|BSD-3-Clause)$/.test(licence) ? { id: licence } : { name: licence } },
    ],
  };
}

/** Electron and what it brings. */
async function electronComponents({ version, dist }, versions) {
  const executable = join(dist, 'electron');
  return [
    component('electron', version, 'MIT', {
      type: 'framework',
      purl: `pkg:npm/electron@${version}`,
      ...(existsSync(executable) && { hashes: await sha256(executable) }),
    }),
    ...Object.entries(versions)
      .filter(([name]) => ['chrome', 'node', 'v8'].includes(name))
      .map(([name, itsVersion]) =>
        component(
          name === 'chrome' ? 'chromium' : name,
          itsVersion,
          name === 'node' ? 'MIT' : 'BSD-3-Clause',
          {
            description: `Part of Electron ${version}.`,
            ...(name !== 'v8' && { cpe: cpeOf(name, itsVersion) }),
          },
        ),
      ),
  ];
}

function cpeOf(name, version) {
  return name === 'chrome'
    ? `cpe:2.3:a:google:chrome:${version}:*:*:*:*:*:*:*`
    : `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`;
}

async function tensorflowComponents({ version, flavour, folder }) {
  const name = flavour === 'gpu' ? 'tensorflow' : 'tensorflow-cpu';
  const library = join(folder, 'tensorflow', 'libtensorflow_cc.so.2');
  return [
    component(name, version, 'Apache-2.0', {
      purl: `pkg:pypi/${name}@${version}`,
      description: 'Its C library, out of the wheel.',
      ...(existsSync(library) && { hashes: await sha256(library) }),
    }),
    ...nvidiaWheels(folder).map(({ name: wheel, version: its }) =>
      component(wheel, its, 'NVIDIA’s', { purl: `pkg:pypi/${wheel}@${its}` }),
    ),
  ];
}

/** Weights of networks. */
function weightComponents() {
  return weightParts().map(({ name, version, licence, note }) =>
    component(name, version, licence, { type: 'machine-learning-model', description: note }),
  );
}

/** The libraries inside sharp's libvips. */
function libvipsComponents(root, folders) {
  return folders
    .filter((folder) => /\/@img\/sharp-libvips-[^/]+$/.test(folder))
    .flatMap((folder) => {
      const versions = JSON.parse(readFileSync(join(root, folder, 'versions.json'), 'utf8'));
      return Object.entries(versions).map(([name, version]) =>
        component(`libvips-${name}`, version, 'see the notices', { description: `Part of ${folder}.` }),
      );
    });
}

/**
 * Writes the bill.
 *
 * @param {object} from
 * @param {string} from.root the project
 * @param {readonly string[]} from.bundled folders of packages with code in the bundles
 * @param {{ version: string, dist: string }} from.electron
 * @param {Record<string, string>} from.versions `process.versions` of that Electron
 * @param {{ version: string, flavour: string, folder: string }} from.tensorflow
 * @param {string} file
 * @returns {Promise<number>} how many components it has
 */
export async function writeBill({ root, bundled, electron, versions, tensorflow }, file) {
  const bill = await npmBill(root);
  const folders = shippedFolders(root, bundled);
  const shipped = new Map(
    folders.map((folder) => {
      const { name, version } = describePackage(join(root, folder));
      return [`${name}@${version}`, name];
    }),
  );
  const packages = bill.components.filter((entry) => shipped.has(entry['bom-ref']));
  const missing = [...shipped.keys()].filter((ref) => !packages.some((entry) => entry['bom-ref'] === ref));
  if (missing.length > 0) throw new StepError(`npm sbom does not name ${missing.join(', ')}.`);
  const others = [
    ...(await electronComponents(electron, versions)),
    ...(await tensorflowComponents(tensorflow)),
    ...weightComponents(),
    ...libvipsComponents(root, folders),
  ];
  const components = [
    // What a package is for while the application is made says nothing here: all of these are in it.
    ...packages.map((entry) => ({ ...entry, scope: 'required' })),
    ...others.map((entry) => ({ ...entry, scope: 'required' })),
  ];
  const refs = new Set([bill.metadata.component['bom-ref'], ...components.map((entry) => entry['bom-ref'])]);
  const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const own = { ...bill.metadata.component, type: 'application', name };
  const dependencies = bill.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({
      ref,
      dependsOn: [
        ...dependsOn.filter((entry) => refs.has(entry)),
        ...(ref === own['bom-ref'] ? others.map((entry) => entry['bom-ref']) : []),
      ],
    }));
  const metadata = { ...bill.metadata, component: own };
  writeFileSync(file, `${JSON.stringify({ ...bill, metadata, components, dependencies }, null, 2)}\n`);
  return components.length;
}
