/**
 * Finds the text in a source: literals and templates that people read, in Svelte's markup and in TypeScript. A template, and
 * texts joined by `+`, are one message with a place `{0}`, `{1}` … for each of their expressions.
 */
import { tsPlugin } from '@sveltejs/acorn-typescript';
import { Parser } from 'acorn';
import { parse } from 'svelte/compiler';
import { walk } from 'zimmerframe';
import { isFragment, isProse, isWord } from './prose.mjs';

const TypeScript = Parser.extend(tsPlugin());

/** Attributes whose text is read or heard. Those of components count when they read like text. */
const READ_ATTRIBUTES =
  /^(aria-(label|description|valuetext|roledescription|placeholder)|title|placeholder|alt|label)$/;
/** What properties and parameters are called that hold text, so that a single word there is text, too. */
const TEXT_PROPERTIES = /^(label|term|text|title|hint|help|legend|word|words|unit|action|placeholder|empty)$/;
/** What these are given is for programs. */
const SILENT_CALLS =
  /^(require|querySelector(All)?|getElementById|createElement(NS)?|addEventListener|removeEventListener|setProperty|getPropertyValue|matchMedia|getContext|startsWith|endsWith|includes|split|log|closest|dispatchEvent|RegExp|CustomEvent|Set|literal|picklist|describe|option|argument|toLocaleString|replaceAll)$/;
/** Counts: their nouns have a catalogue of their own. */
const COUNT_CALLS = /^(countOf|formatPlural|plural)$/;

/**
 * @typedef {object} Message
 * @property {string} key English, with places
 * @property {number} start of what it takes in the source
 * @property {number} end
 * @property {'expression' | 'markup' | 'attribute' | 'tag'} as how it stands there; `tag` is no text but the language of a number
 * @property {{start: number, end: number}[]} places expressions, by their number
 */

/**
 * The messages of a source, outer ones before those inside their places, and the nouns that it counts.
 *
 * @param {string} code
 * @param {string} file its name tells Svelte from TypeScript
 * @returns {{messages: Message[], nouns: [string, string][], compared: string[], scriptStart: number | null}} scriptStart: where an import can be put
 */
export function findText(code, file) {
  const messages = [];
  const nouns = [];
  /** What is held against something: none of it may be text. */
  const compared = [];
  let tree;
  let scriptStart = 0;
  if (file.endsWith('.svelte')) {
    tree = parse(code, { modern: true });
    scriptStart = tree.instance?.content.start ?? tree.module?.content.start ?? null;
  } else {
    tree = TypeScript.parse(code, { sourceType: 'module', ecmaVersion: 'latest', locations: true });
  }
  const taken = new Set();

  const addExpression = (node, { key, places }) =>
    messages.push({ key, start: node.start, end: node.end, as: 'expression', places });

  const visitors = {
    _(node, { path, next }) {
      if (node.type.startsWith('TS') && !/^TS(As|Satisfies|NonNull)|^TSParameterProperty/.test(node.type))
        return;
      if (taken.has(node)) return next();
      if (node.type === 'BinaryExpression' && /^[!=]==?$/.test(node.operator))
        for (const [{ value }, other] of [
          [node.left, node.right],
          [node.right, node.left],
        ])
          if (typeof value === 'string' && !isEventKey(other)) compared.push(value);
      if (node.type === 'Fragment') takeRuns(node, path);
      else if (node.type === 'Attribute') {
        if (takeAttribute(node, path) === 'skip') return;
      } else if (isTextNode(node)) takeExpression(node, path);
      else if (node.type === 'CallExpression') {
        noteNoun(node);
        noteTag(node);
      }
      next();
    },
  };

  /** Text and expressions that stand beside one another are one message. */
  function takeRuns(fragment, path) {
    const parent = path.at(-1);
    if (parent?.type === 'RegularElement' && /^(code|pre|kbd|style|script)$/.test(parent.name)) return;
    let run = [];
    const close = () => {
      takeRun(run);
      run = [];
    };
    for (const node of fragment.nodes) {
      if (node.type === 'Text' || node.type === 'ExpressionTag') run.push(node);
      else if (node.type !== 'Comment') close();
    }
    close();
  }

  function takeRun(nodes) {
    if (!nodes.some(({ type, data }) => type === 'Text' && /\p{L}/u.test(data))) return;
    const made = joined(nodes, code);
    if (!/\p{L}/u.test(made.key.replace(/\{\d+\}/g, ''))) return;
    messages.push({ ...made, as: 'markup' });
    nodes.filter(({ type }) => type === 'Text').forEach((node) => taken.add(node));
  }

  function takeAttribute(node, path) {
    const { name, value } = node;
    if (value === true) return undefined;
    const component = path.at(-1)?.type === 'Component';
    const read = READ_ATTRIBUTES.test(name) || (component && TEXT_PROPERTIES.test(name));
    if (!read && !component) {
      // Inside an expression there may be text all the same; what stands there plainly is none.
      return Array.isArray(value) && /^(class|style|id|type|name|role|href|for|data-)/.test(name)
        ? 'skip'
        : undefined;
    }
    if (!Array.isArray(value)) return undefined;
    const made = joined(value, code);
    if (made === null) return undefined;
    const words = made.key.replace(/\{\d+\}/g, '');
    if (read ? !/\p{L}{2}/u.test(words) : !isProse(made.key)) return undefined;
    const quoted = /["']/.test(code[value[0].start - 1]);
    messages.push({
      key: value.map((part) => part.data ?? '').length === 1 ? (value[0].data ?? made.key) : spaced(value),
      start: value[0].start - (quoted ? 1 : 0),
      end: value.at(-1).end + (quoted ? 1 : 0),
      as: 'attribute',
      places: made.places,
    });
    return undefined;
  }

  function takeExpression(node, path) {
    const parent = path.at(-1);
    if (parent?.type === 'BinaryExpression' && parent.operator === '+' && isTextNode(parent)) return;
    const made = flattened(node);
    if (made === null || !/\p{L}/u.test(made.key.replace(/\{\d+\}/g, ''))) return;
    if (!isRead(made.key, node, path)) return;
    markTaken(node);
    addExpression(node, made);
  }

  function markTaken(node) {
    if (node.type !== 'BinaryExpression') return;
    for (const part of [node.left, node.right]) {
      taken.add(part);
      markTaken(part);
    }
  }

  function noteNoun(node) {
    const name = node.callee.name ?? node.callee.property?.name;
    const [, one, many] = node.arguments;
    if (!COUNT_CALLS.test(name ?? '') || one === undefined) return;
    for (const single of branches(one)) {
      if (typeof single.value !== 'string') continue;
      const several = many === undefined ? `${single.value}s` : branches(many)[0]?.value;
      if (typeof several === 'string') nouns.push([single.value, several]);
    }
  }

  /** Numbers are written in the language in use. */
  function noteTag({ callee, arguments: [tag] }) {
    if (callee.property?.name !== 'toLocaleString' || !/^en/.test(tag?.value ?? '')) return;
    messages.push({ key: '', start: tag.start, end: tag.end, as: 'tag', places: [] });
  }

  walk(tree, null, visitors);
  messages.sort((a, b) => a.start - b.start || b.end - a.end);
  return { messages, nouns, compared, scriptStart };
}

/** Both ends of a conditional, or the expression itself. */
function branches(node) {
  return node.type === 'ConditionalExpression'
    ? [...branches(node.consequent), ...branches(node.alternate)]
    : [node];
}

/** `event.key`, which has names of its own. */
function isEventKey(node) {
  return node.type === 'MemberExpression' && node.object.name === 'event' && node.property.name === 'key';
}

function isTextNode(node) {
  if (node.type === 'Literal') return typeof node.value === 'string';
  if (node.type === 'TemplateLiteral') return true;
  return (
    node.type === 'BinaryExpression' &&
    node.operator === '+' &&
    isTextNode(node.left) &&
    isTextNode(node.right)
  );
}

/** A literal, a template or a sum of them as one message; null where a part is neither. */
function flattened(node) {
  const parts = [];
  const gather = (part) => {
    if (part.type === 'Literal') parts.push(part.value);
    else if (part.type === 'TemplateLiteral')
      part.quasis.forEach(({ value }, at) => {
        parts.push(value.cooked);
        if (part.expressions[at]) parts.push(part.expressions[at]);
      });
    else [part.left, part.right].forEach(gather);
  };
  gather(node);
  const places = [];
  const key = parts
    .map((part) =>
      typeof part === 'string' ? part : `{${places.push({ start: part.start, end: part.end }) - 1}}`,
    )
    .join('');
  return { key, places };
}

/** Neighbours in markup as one message, without the white space around it; null where there is nothing else. */
function joined(nodes, code) {
  const firstAt = nodes.findIndex((node) => node.type !== 'Text' || node.data.trim() !== '');
  const lastAt = nodes.findLastIndex((node) => node.type !== 'Text' || node.data.trim() !== '');
  const inner = nodes.slice(firstAt, lastAt + 1);
  if (firstAt < 0) return null;
  const places = [];
  const key = inner
    .map((node) =>
      node.type === 'Text'
        ? node.data.replace(/\s+/g, ' ')
        : `{${places.push({ start: node.expression.start, end: node.expression.end }) - 1}}`,
    )
    .join('')
    .trim();
  const [first, last] = [inner[0], inner.at(-1)];
  const lead = first.type === 'Text' ? leading(code.slice(first.start, first.end)) : 0;
  const trail = last.type === 'Text' ? trailing(code.slice(last.start, last.end)) : 0;
  return { key, places, start: first.start + lead, end: last.end - trail };
}

/** As {@link joined}, with its white space: in attributes it counts. */
function spaced(nodes) {
  let at = 0;
  return nodes.map((node) => (node.type === 'Text' ? node.data : `{${at++}}`)).join('');
}

const leading = (text) => text.length - text.trimStart().length;
const trailing = (text) => text.length - text.trimEnd().length;

/** Whether people read a text that stands here. */
function isRead(key, node, path) {
  let child = node;
  for (let at = path.length - 1; at >= 0; at--) {
    const parent = path[at];
    switch (parent.type) {
      case 'BinaryExpression':
        if (parent.operator !== '+') return false;
        break;
      case 'SwitchCase':
        if (parent.test === child) return false;
        return isProse(key);
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
      case 'ImportExpression':
        if (parent.source === child) return false;
        return isProse(key);
      case 'MemberExpression':
        if (parent.property === child && parent.computed) return false;
        // `'…'.includes(x)`, `[…].includes(x)`
        if (parent.object === child && /^(includes|indexOf|has)$/.test(parent.property.name ?? ''))
          return false;
        return isProse(key);
      case 'Property':
      case 'PropertyDefinition': {
        if (parent.key === child) return false;
        const name = parent.key.name ?? parent.key.value ?? '';
        if (
          /^(id|key|kind|type|icon|class|style|role|href|code|field|command|pattern|syntax|expression)$/.test(
            name,
          )
        )
          return false;
        return TEXT_PROPERTIES.test(name) ? isWord(key) : isProse(key);
      }
      case 'TaggedTemplateExpression':
        return false;
      case 'CallExpression':
      case 'NewExpression': {
        const name = parent.callee.name ?? parent.callee.property?.name ?? '';
        if (name === 'word') return isWord(key);
        if (SILENT_CALLS.test(name)) return false;
        if (COUNT_CALLS.test(name)) return false;
        return isProse(key);
      }
      case 'ExpressionTag': {
        const holder = path[at - 1];
        // Whatever an expression in the markup gives is read.
        if (holder?.type === 'Fragment') return isFragment(key);
        if (holder?.type === 'Attribute' || path[at - 2]?.type === 'Attribute') {
          const { name } = holder.type === 'Attribute' ? holder : path[at - 2];
          if (READ_ATTRIBUTES.test(name)) return isFragment(key);
          if (
            /^(class|style|id|type|name|role|href|for|data-|aria-(live|sort|current|orientation))/.test(name)
          )
            return false;
        }
        return isProse(key);
      }
      case 'ClassDirective':
      case 'StyleDirective':
        return false;
      case 'ConditionalExpression':
        if (parent.test === child) return false;
        break;
      case 'LogicalExpression':
      case 'ParenthesizedExpression':
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSNonNullExpression':
      case 'ChainExpression':
      case 'ArrayExpression':
        break;
      case 'TemplateLiteral': {
        // Part of a longer text: a word in it is text where that is.
        const whole = flattened(parent).key;
        return (
          isFragment(key) &&
          (/^[\s{}\d,;:.()–—“”]* [\s{}\d,;:.()–—“”]*$/.test(whole) ||
            isRead(whole, parent, path.slice(0, at)))
        );
      }
      default:
        return isProse(key);
    }
    child = parent;
  }
  return isProse(key);
}
