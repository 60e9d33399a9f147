/** The guide in every language of the window, each page of a translation held against the English one. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Language } from '../../text/language.ts';
import type { GuideNode, GuidePage } from 'virtual:guide';
import { readGuide, textOf } from './read-guide.ts';

export interface ReadGuides {
  pages: Record<Language, GuidePage[]>;
  /** Files of the pictures, which all languages share, relative to the folder. */
  pictures: string[];
}

/**
 * @param folder with the English pages; those of another language lie under the same names in a folder of its code, `de`
 * @param actions ids that `action:…` may lead to
 * @throws Error that names the file, when something in it cannot be shown, when a page is missing in a language, or when it
 *   has other headings, pictures, links, actions, code, or another number of items and rows than in English
 */
export function readGuides(folder: string, actions: readonly string[]): ReadGuides {
  const english = readGuide(folder, actions);
  const { pictures } = english;
  const translation = (language: Language): GuidePage[] => {
    requireSameFiles(folder, language);
    const { pages, pictures: own } = readGuide(folder, actions, language);
    return pages.map((page, at) => {
      const original = english.pages[at]!;
      requireSameParts(`${language}/${english.files[at]!}`, partsOf(page, own), partsOf(original, pictures));
      return { ...page, nodes: page.nodes.map((node) => withPictures(node, own, pictures)) };
    });
  };
  return { pages: { en: english.pages, de: translation('de') }, pictures };
}

function requireSameFiles(folder: string, language: Language): void {
  const under = join(folder, language);
  const names = (of: string): string[] => readdirSync(of).filter((file) => file.endsWith('.md'));
  const [originals, files] = [names(folder), existsSync(under) ? names(under) : []];
  const missing = originals.find((file) => !files.includes(file));
  if (missing !== undefined)
    throw new Error(`${language}/${missing} is missing: translate ${missing} of the guide.`);
  const more = files.find((file) => !originals.includes(file));
  if (more !== undefined)
    throw new Error(`${language}/${more} translates nothing: the guide has no ${more} in English.`);
}

/** What a page has in every language, by what it is called. */
type Parts = Record<
  'headings' | 'pictures' | 'links to pages' | 'actions' | 'code' | 'items of lists' | 'rows of tables',
  string[]
>;

function partsOf({ nodes }: GuidePage, pictures: readonly string[]): Parts {
  const parts: Parts = {
    headings: [],
    pictures: [],
    'links to pages': [],
    actions: [],
    code: [],
    'items of lists': [],
    'rows of tables': [],
  };
  const gather = (node: GuideNode): void => {
    if (typeof node === 'string') return;
    if ('picture' in node) {
      parts.pictures.push(pictures[node.picture] ?? '');
      return;
    }
    if ('link' in node) {
      if ('page' in node.link) parts['links to pages'].push(node.link.page);
      else parts.actions.push(node.link.action);
    } else if (node.tag === 'h2' || node.tag === 'h3') parts.headings.push(node.tag);
    else if (node.tag === 'code' || node.tag === 'pre') parts.code.push(textOf([node]).trim());
    else if (node.tag === 'li') parts['items of lists'].push(node.tag);
    else if (node.tag === 'tr') parts['rows of tables'].push(node.tag);
    node.children.forEach(gather);
  };
  nodes.forEach(gather);
  // Within a sentence another language may have another order.
  for (const kind of ['links to pages', 'actions', 'code'] as const) parts[kind].sort();
  return parts;
}

function requireSameParts(file: string, parts: Parts, wanted: Parts): void {
  for (const kind of Object.keys(wanted) as (keyof Parts)[]) {
    const [found, original] = [parts[kind].join(', '), wanted[kind].join(', ')];
    if (found !== original)
      throw new Error(
        `${file} has other ${kind} than the page in English: ${found || 'none'} instead of ${original || 'none'}.`,
      );
  }
}

/** With places of pictures in the list that all languages share. */
function withPictures(node: GuideNode, own: readonly string[], shared: readonly string[]): GuideNode {
  if (typeof node === 'string') return node;
  if ('picture' in node) return { ...node, picture: shared.indexOf(own[node.picture] ?? '') };
  return { ...node, children: node.children.map((child) => withPictures(child, own, shared)) };
}
