import './scripts/lint/svelte-types.mjs';
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { roomsPlugin } from './scripts/lint/rooms.mjs';

const TYPESCRIPT = ['**/*.ts'];
const SVELTE = ['**/*.svelte', '**/*.svelte.ts'];

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/',
      'dist/',
      'release/',
      'demo/',
      'out/',
      'build/',
      'coverage/',
      'test-results/',
      'playwright-report/',
    ],
  },
  // A rule that does not fit is changed here, for all, with its reason; never in passing.
  { linterOptions: { noInlineConfig: true } },
  js.configs.recommended,
  {
    plugins: { rooms: roomsPlugin },
    rules: { 'rooms/imports': 'error', 'rooms/circles': 'error', eqeqeq: ['error', 'smart'] },
  },

  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: globals.node },
  },
  {
    files: ['scripts/setup/stand-in-app/*.js'],
    languageOptions: { sourceType: 'commonjs' },
  },

  {
    files: [...TYPESCRIPT, ...SVELTE],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Loops over typed arrays stay inside their bounds, which noUncheckedIndexedAccess cannot see.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // tfjs's functions are generic in the rank they return, which no compiler can know.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // tfjs hands out its backend by an interface that lacks what the Node.js backend can do.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // `get<K extends keyof Map>(key: K): Map[K]` is how typed tables are read here.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // An async function without await turns a throw into a rejection, as its callers expect.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
    },
  },

  ...svelte.configs.recommended,
  {
    // No component's syntax in them: read as they are, they give the same findings, and the type checker stays.
    files: ['**/*.svelte.ts'],
    languageOptions: { parser: tseslint.parser },
  },
  {
    files: SVELTE,
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: tseslint.parser },
    },
    rules: {
      // Knows that `let { … } = $props()` is right; the plain rule does not.
      'prefer-const': 'off',
      'svelte/prefer-const': ['error', { destructuring: 'all' }],
      // Indexes and caches that nothing on the page depends on are plain maps on purpose.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },

  {
    files: ['core/**/*.ts'],
    rules: {
      // core/ has no window and no terminal: it returns values and calls back.
      'no-console': 'error',
      'no-restricted-globals': ['error', 'window', 'document', 'navigator', 'localStorage', 'fetch'],
    },
  },
  {
    files: ['core/**/*.ts', 'main/**/*.ts'],
    ignores: ['**/*.test.ts', '**/test-*.ts'],
    rules: {
      // What the Node.js of older Electrons has not; some of it does nothing there and says nothing.
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.property.name=/^readdir(Sync)?$/] Property[key.name='recursive']",
          message: 'Older Electrons list no folders below; take namesBelow of core/files.ts.',
        },
        {
          selector: "MemberExpression[property.name='parentPath']",
          message: 'Older Electrons have no parentPath; take namesBelow of core/files.ts.',
        },
        {
          selector: "MemberExpression[object.name='AbortSignal'][property.name='any']",
          message: 'Older Electrons have no AbortSignal.any.',
        },
      ],
    },
  },
  {
    files: ['main/**/*.ts', 'renderer/**/*.{ts,svelte}'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: 'Nothing reaches the network at run time.' },
        { name: 'XMLHttpRequest', message: 'Nothing reaches the network at run time.' },
        { name: 'WebSocket', message: 'Nothing reaches the network at run time.' },
      ],
    },
  },
);
