// Read by svelte-eslint-parser as it loads, so this file is imported before it. TypeScript then gets every component's
// own types when it opens the project, instead of starting its type checker anew for each: lint takes half the time.
process.env.SVELTE_ESLINT_PARSER_EXPERIMENTAL_TS_SYS_HOOK = '1';
