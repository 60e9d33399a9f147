/**
 * Listeners for all forms in which a file names another: import, re-export, `import()`, `import('…').Type`, `require()`.
 *
 * @param {(source: object, typeOnly: boolean) => void} check told the literal with the name
 */
export function eachImport(check) {
  const told = (source, typeOnly) => {
    if (source?.type === 'Literal' && typeof source.value === 'string') check(source, typeOnly);
  };
  return {
    ImportDeclaration: (node) => told(node.source, node.importKind === 'type'),
    ExportNamedDeclaration: (node) => told(node.source, node.exportKind === 'type'),
    ExportAllDeclaration: (node) => told(node.source, node.exportKind === 'type'),
    ImportExpression: (node) => told(node.source, false),
    TSImportType: (node) => told(node.source ?? node.argument?.literal, true),
    TSExternalModuleReference: (node) => told(node.expression, false),
    CallExpression(node) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'require') told(node.arguments[0], false);
    },
  };
}
