import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The project's own configuration; type information is left out because the snippets are not on the disk. */
const eslint = new ESLint({
  cwd: root,
  overrideConfig: [
    { files: ['**/*.{ts,svelte}'], ...tseslint.configs.disableTypeChecked },
    { files: ['**/*.{ts,svelte}'], languageOptions: { parserOptions: { projectService: false } } },
  ],
});

/** What the room rule says about a file with this text. */
async function complaints(filePath, text) {
  const [result] = await eslint.lintText(text, { filePath: `${root}/${filePath}` });
  expect(result.messages.filter((message) => message.fatal)).toEqual([]);
  return result.messages
    .filter((message) => message.ruleId === 'rooms/imports')
    .map(({ message }) => message);
}

const forbidden = [
  ['core/nn/a.ts', `import { app } from 'electron';`],
  ['core/nn/a.ts', `import { mount } from 'svelte';`],
  ['core/nn/a.ts', `import { writable } from 'svelte/store';`],
  ['core/nn/a.ts', `import Dexie from 'dexie';`],
  ['core/nn/a.ts', `import { Calls } from '../../main/ipc/contract.ts';`],
  ['core/nn/a.ts', `import type { Calls } from '../../main/ipc/contract.ts';`],
  ['core/nn/a.ts', `import '../../renderer/src/main.ts';`],
  ['core/nn/a.ts', `export * from '../../renderer/src/format.ts';`],
  ['core/nn/a.ts', `export { x } from '../../main/main.ts';`],
  ['core/nn/a.ts', `export const load = () => import('../../main/main.ts');`],
  ['core/nn/a.ts', `export type T = import('../../main/main.ts').T;`],
  ['core/nn/a.ts', `export const { app } = require('electron');`],
  ['core/nn/a.ts', `import { helper } from '../../e2e/helper.ts';`],
  ['core/data/a.ts', `import { Random } from '../../fuzz/random.ts';`],
  ['main/a.ts', `import { Random } from '../fuzz/random.ts';`],
  ['fuzz/a.ts', `import { runCli } from '../main/cli/program.ts';`],
  ['main/a.ts', `import { Crew } from '../torture/crew.ts';`],
  ['fuzz/a.ts', `import { Crew } from '../torture/crew.ts';`],
  ['torture/a.ts', `import { format } from '../renderer/src/format.ts';`],
  ['core/data/a.ts', `import { get } from 'node:https';`],
  ['core/tensor/a.ts', `import { block } from '../nn/unet-block.ts';`],
  ['core/nn/a.ts', `import { loss } from '../covae/losses.ts';`],
  ['core/covae/a.ts', `import { step } from '../train/program.ts';`],
  ['core/explore/a.ts', `import { openSession } from '../train/open-session.ts';`],
  ['core/run/a.ts', `import { step } from '../train/program.ts';`],
  ['core/train/a.ts', `import { loadRecipe } from '../experiment/recipe.ts';`],
  ['core/config/defaults.ts', `import { covaeModel } from '../covae/model.ts';`],
  ['core/schedule/time-steps.ts', `import { tf } from '../tensor/tf.ts';`],
  ['core/run/a.ts', `import type { Diagnostics } from '../train/diagnostics/diagnose.ts';`],
  ['core/explore/a.ts', `import type { TrainingSession } from '../train/api.ts';`],
  ['core/export/a.ts', `import type { RunManifest } from '../run/manifest.ts';`],
  ['core/errors.ts', `import { NameSchema } from './data/dataset.ts';`],
  ['main/a.ts', `import { encode } from '../core/covae/model.ts';`],
  ['main/a.ts', `import { mount } from 'svelte';`],
  ['main/a.ts', `import '../renderer/src/main.ts';`],
  ['main/a.ts', `import { helper } from '../e2e/helper.ts';`],
  ['main/a.ts', `import { tf } from '../core/tensor/tf.ts';`],
  ['main/a.ts', `import { openSession } from '../core/train/open-session.ts';`],
  ['main/a.ts', `import { evaluateRun } from '../core/evaluate/evaluation.ts';`],
  ['core/evaluate/store.ts', `import { evaluateRun } from './evaluation.ts';`],
  ['main/a.ts', `import { serve } from './trainer/serve.ts';`],
  ['main/a.ts', `import { connect } from 'net';`],
  ['main/cli/a.ts', `import { app } from 'electron';`],
  ['main/preload.ts', `import { join } from 'node:path';`],
  ['renderer/src/a.ts', `import { openRun } from '../../core/run/run-folder.ts';`],
  ['renderer/src/a.ts', `import { type RunManifest } from '../../core/run/manifest.ts';`],
  ['renderer/src/a.ts', `import { normals } from '../../core/tensor/noise.ts';`],
  ['renderer/page/a.ts', `import { openRun } from '../../core/run/run-folder.ts';`],
  ['renderer/src/a.ts', `import { gate } from '../../main/ipc/gate.ts';`],
  ['renderer/src/a.ts', `import type { gate } from '../../main/ipc/gate.ts';`],
  ['renderer/src/a.ts', `import { readFile } from 'node:fs/promises';`],
  ['renderer/src/a.ts', `import { join } from 'path';`],
  ['renderer/src/a.ts', `import { ipcRenderer } from 'electron';`],
  ['renderer/src/a.ts', `import * as tf from '@tensorflow/tfjs-node-gpu';`],
  ['renderer/src/A.svelte', `<script lang="ts">import { join } from 'node:path';</script>`],
  ['renderer/src/A.svelte', `<script lang="ts">import { x } from '../../core/run/files.ts';</script>`],
  ['renderer/src/a.svelte.ts', `import { x } from '../../core/run/files.ts';`],
  ['e2e/a.test.ts', `import { gate } from '../main/ipc/gate.ts';`],
  ['e2e/a.test.ts', `import { x } from '../renderer/src/format.ts';`],
];

const allowed = [
  ['main/a.ts', `import { listEvaluations } from '../core/evaluate/store.ts';`],
  ['core/nn/a.ts', `import { join } from 'node:path'; import sharp from 'sharp';`],
  ['core/nn/a.ts', `import { UserError } from '../errors.ts';`],
  ['core/nn/a.ts', `import { tf } from '../tensor/tf.ts'; import { conv2d } from './layers.ts';`],
  ['core/covae/a.ts', `import { block } from '../nn/unet-block.ts';`],
  ['core/run/a.ts', `import { ModelConfigSchema } from '../config/model.ts';`],
  ['core/schedule/a.ts', `import type { ModelConfig } from '../config/model.ts';`],
  ['core/train/a.ts', `import type { Generator } from '../explore/api.ts';`],
  ['core/train/a.ts', `import { openGenerator } from '../explore/open-generator.ts';`],
  ['core/experiment/a.ts', `import { openSession } from '../train/open-session.ts';`],
  ['core/train/a.test.ts', `import { anything } from '../explore/generator.ts';`],
  ['main/a.ts', `import { app } from 'electron'; import { join } from 'node:path';`],
  ['main/a.ts', `import { openRun } from '../core/run/run-folder.ts';`],
  ['main/a.ts', `import type { Tensor } from '../core/tensor/tf.ts';`],
  ['main/a.ts', `import { finalTimeSteps } from '../core/schedule/time-steps.ts';`],
  ['main/trainer/a.ts', `import { tf } from '../../core/tensor/tf.ts';`],
  ['main/cli/a.ts', `import { tf } from '../../core/tensor/tf.ts'; import { Command } from 'commander';`],
  ['main/preload.ts', `import { contextBridge } from 'electron';`],
  ['renderer/page/a.ts', `import { normals } from '../../core/tensor/noise.ts';`],
  ['renderer/src/a.ts', `import type { RunManifest } from '../../core/run/manifest.ts';`],
  ['renderer/src/a.ts', `import { Calls } from '../../main/ipc/contract.ts'; import Dexie from 'dexie';`],
  ['torture/a.ts', `import { runCli } from '../main/cli/program.ts';`],
  ['torture/a.ts', `import { Random } from '../fuzz/random.ts';`],
  [
    'renderer/src/A.svelte',
    `<script lang="ts">import type { X } from '../../core/run/manifest.ts';</script>`,
  ],
  ['renderer/src/a.ts', `import { format } from './format.ts'; import './styles/main.css';`],
  ['e2e/a.test.ts', `import { test } from '@playwright/test'; import { readFile } from 'node:fs/promises';`],
];

describe('imports between rooms', () => {
  it.each(forbidden)('%s must not: %s', async (file, text) => {
    expect(await complaints(file, text)).toHaveLength(1);
  });

  it.each(allowed)('%s may: %s', async (file, text) => {
    expect(await complaints(file, text)).toEqual([]);
  });

  it('cannot be switched off by a comment', async () => {
    const text = `// eslint-disable-next-line rooms/imports\nimport { app } from 'electron';\n`;
    expect(await complaints('core/nn/a.ts', text)).toHaveLength(1);
  });
});
