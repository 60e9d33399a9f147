/** Writes the notices: one text for people, and the same as JSON for `covae licences`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const RULE = '='.repeat(100);

/**
 * The text: a list of all parts, then each licence once, with the parts it is for.
 *
 * @param {readonly import('./parts.mjs').Part[]} parts the application first
 */
export function noticesText(parts) {
  const titleOf = ({ name, version }) => `${name} ${version}`.trim();
  const byText = new Map();
  for (const part of parts) byText.set(part.text, [...(byText.get(part.text) ?? []), part]);
  const [own, ...others] = parts;
  const sections = [...byText].map(([text, group]) =>
    [
      RULE,
      ...group.map((part) => [titleOf(part), part.homepage].filter(Boolean).join('  ')),
      ...group.flatMap(({ note }) => note ?? []).filter((note, i, all) => all.indexOf(note) === i),
      '',
      text.replaceAll('\r\n', '\n'),
      '',
    ].join('\n'),
  );
  return [
    `${titleOf(own)} and the software it contains`,
    '',
    ...others.map((part) => `- ${titleOf(part)} (${part.licence})`),
    '',
    ...sections,
  ].join('\n');
}

/**
 * @param {readonly import('./parts.mjs').Part[]} parts
 * @param {{ text: string, json: string }} files paths
 */
export async function writeNotices(parts, { text, json }) {
  await mkdir(dirname(text), { recursive: true });
  await writeFile(text, noticesText(parts));
  // Most texts are many parts' own: each is written once.
  const texts = [...new Set(parts.map((part) => part.text))];
  const index = new Map(texts.map((entry, i) => [entry, i]));
  await writeFile(
    json,
    `${JSON.stringify({ parts: parts.map((part) => ({ ...part, text: index.get(part.text) })), texts })}\n`,
  );
}
