/**
 * Reads the guide's Markdown when the window is built. What comes of it is a tree of few kinds of elements, so that
 * nothing is parsed and no HTML is made at run time; anything else in a page, raw HTML too, is an error of the build.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { marked, type Token, type Tokens } from 'marked';
import type { GuideNode, GuidePage, GuideTag, GuideTarget } from 'virtual:guide';

export interface ReadGuide {
  pages: GuidePage[];
  /** Names of their files. */
  files: string[];
  /** Files of its pictures, relative to the folder. */
  pictures: string[];
}

/**
 * @param folder with a file `NN-id.md` a page, read in this order; each begins with its title, `# …`
 * @param actions ids that `action:…` may lead to
 * @param under where in the folder the pages lie; default: in it itself
 * @throws Error that names the file, when something in it cannot be shown
 */
export function readGuide(folder: string, actions: readonly string[], under = ''): ReadGuide {
  const files = readdirSync(join(folder, under)).filter((file) => file.endsWith('.md'));
  const ids = files.map(idOf);
  const pictures: string[] = [];
  const pages = files.sort().map((name) => {
    const file = posix.join(under, name);
    const context = { file, under, ids, actions, pictures };
    const tokens = marked.lexer(readFileSync(join(folder, file), 'utf8'));
    const title = tokens[0];
    if (title?.type !== 'heading' || title['depth'] !== 1)
      throw new Error(`${file} does not begin with its title.`);
    const nodes = tokens.slice(1).flatMap((token) => nodesOf(token, context));
    return {
      id: idOf(name),
      title: textOf(inline(title as Tokens.Heading, context)),
      nodes,
      text: textOf(nodes),
    };
  });
  return { pages, files, pictures };
}

interface Context {
  file: string;
  under: string;
  ids: readonly string[];
  actions: readonly string[];
  pictures: string[];
}

function idOf(file: string): string {
  const id = /^\d\d-([a-z-]+)\.md$/.exec(file)?.[1];
  if (id === undefined)
    throw new Error(`${file} is no name for a page of the guide, such as 01-first-steps.md.`);
  return id;
}

/** All words of some nodes, spaces between blocks. */
export function textOf(nodes: readonly GuideNode[]): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') return node;
      if ('picture' in node) return node.text;
      const text = textOf(node.children);
      return 'tag' in node && !['strong', 'em', 'code'].includes(node.tag) ? `${text} ` : text;
    })
    .join('')
    .replaceAll(/\s+/g, ' ')
    .trimStart();
}

/** marked's tokens are a union with an open member, which its types cannot tell apart. */
function nodesOf(token: Token, context: Context): GuideNode[] {
  const element = (tag: GuideTag, children: GuideNode[]): GuideNode[] => [{ tag, children }];
  switch (token.type) {
    case 'space':
      return [];
    case 'heading': {
      const { depth } = token as Tokens.Heading;
      if (depth !== 2 && depth !== 3) throw new Error(`${context.file}: headings have two or three signs #.`);
      return element(`h${depth}`, inline(token as Tokens.Heading, context));
    }
    case 'paragraph': {
      const children = inline(token as Tokens.Paragraph, context);
      const [only] = children;
      // A picture stands by itself.
      if (children.length === 1 && typeof only === 'object' && 'picture' in only) return children;
      return element('p', children);
    }
    case 'text': {
      const { tokens, text } = token as Tokens.Text;
      return tokens ? tokens.flatMap((inner) => nodesOf(inner, context)) : [plain(text)];
    }
    case 'escape':
      return [(token as Tokens.Escape).text];
    case 'strong':
    case 'em':
      return element(token.type, inline(token as Tokens.Strong, context));
    case 'codespan':
      return element('code', [plain((token as Tokens.Codespan).text)]);
    case 'code':
      return element('pre', [(token as Tokens.Code).text]);
    case 'blockquote':
      return element('aside', inline(token as Tokens.Blockquote, context));
    case 'list': {
      const { ordered, items } = token as Tokens.List;
      const children = items.flatMap((item) => element('li', inline(item, context)));
      return element(ordered ? 'ol' : 'ul', children);
    }
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      const row = (tag: 'th' | 'td', cells: Tokens.TableCell[]): GuideNode[] =>
        element(
          'tr',
          cells.flatMap((cell) => element(tag, inline(cell, context))),
        );
      return element('table', [
        ...element('thead', row('th', header)),
        ...element(
          'tbody',
          rows.flatMap((cells) => row('td', cells)),
        ),
      ]);
    }
    case 'link': {
      const { href } = token as Tokens.Link;
      return [{ link: targetOf(href, context), children: inline(token as Tokens.Link, context) }];
    }
    case 'image': {
      const { href, text } = token as Tokens.Image;
      const picture = posix.join(context.under, href);
      const known = context.pictures.indexOf(picture);
      if (known >= 0) return [{ picture: known, text }];
      return [{ picture: context.pictures.push(picture) - 1, text }];
    }
    default:
      throw new Error(`${context.file}: the guide shows no ${token.type}: ${token.raw.slice(0, 60)}`);
  }
}

function inline({ tokens }: { tokens?: Token[] | undefined }, context: Context): GuideNode[] {
  return (tokens ?? []).flatMap((token) => nodesOf(token, context));
}

/** Lines are broken where the window breaks them. */
function plain(text: string): string {
  return text.replaceAll('\n', ' ');
}

function targetOf(href: string, { file, ids, actions }: Context): GuideTarget {
  const page = /^\d\d-([a-z-]+)\.md$/.exec(href)?.[1];
  if (page !== undefined && ids.includes(page)) return { page };
  const action = /^action:(.+)$/.exec(href)?.[1];
  if (action !== undefined && actions.includes(action)) return { action };
  throw new Error(`${file}: the link ${href} leads to no page of the guide and to no action.`);
}
