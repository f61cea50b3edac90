/** Templates of Helm from the manifests of `src/install`. */
import { stringify } from 'yaml';
import {
  type Condition,
  type Expression,
  isExpression,
  isList,
  type Part,
  type Path,
  SPREAD,
  type Template,
  type TemplateObject,
} from '../../src/install/template.ts';

const STEP = 2;

/** `$` is the root in every scope; items are relative to theirs. */
function reference(path: Path): string {
  if (path === 'item') return '.';
  return path.startsWith('item.') ? path.slice('item'.length) : `$.${path}`;
}

export function helmCondition(condition: Condition): string {
  if ('atLeast' in condition) return `semverCompare ">=${condition.atLeast}-0" $.Capabilities.KubeVersion.Version`;
  if ('not' in condition) return `not ${inner(condition.not)}`;
  if ('all' in condition) return `and ${condition.all.map(inner).join(' ')}`;
  if ('any' in condition) return `or ${condition.any.map(inner).join(' ')}`;
  if (condition.equals === undefined) return reference(condition.is);
  return `eq ${reference(condition.is)} ${JSON.stringify(condition.equals)}`;
}

function inner(condition: Condition): string {
  const text = helmCondition(condition);
  return text.includes(' ') ? `(${text})` : text;
}

/** A part within a text in double quotes. */
function partText(part: Part): string {
  if (typeof part === 'string') return literal(JSON.stringify(part).slice(1, -1));
  if ('path' in part) return `{{ ${reference(part.path)} }}`;
  const [yes, no] = [part.yes, part.no].map((parts) => parts.map(partText).join(''));
  return `{{ if ${helmCondition(part.condition)} }}${yes}{{ else }}${no}{{ end }}`;
}

const pad = (indent: number) => ' '.repeat(indent);

function action(text: string, indent: number): string {
  return `${pad(indent)}{{- ${text} }}`;
}

/** The value behind `key:` or `-`, on the same line, or as lines below. */
function valueLines(start: string, template: Template, indent: number): readonly string[] {
  if (isExpression(template)) return [`${start} ${inline(template, indent)}`];
  if (isList(template)) {
    if (template.length === 0) return [`${start} []`];
    return [start, ...template.flatMap((one) => itemLines(one, indent))];
  }
  if (typeof template === 'object' && template !== null) {
    if (Object.keys(template).length === 0) return [`${start} {}`];
    return [start, ...objectLines(template, indent)];
  }
  return [`${start} ${scalar(template)}`];
}

function scalar(value: null | boolean | number | string): string {
  const text = stringify(value, { lineWidth: 0 }).trimEnd();
  return literal(text.includes('\n') ? JSON.stringify(value) : text);
}

/** Braces that are not Helm's, such as those in annotations of alerts. */
function literal(text: string): string {
  return text.replaceAll(/\{\{|\}\}/g, (braces) => `{{ "${braces}" }}`);
}

function inline(template: Expression, indent: number): string {
  if (template.expr === 'text') return `"${template.parts.map(partText).join('')}"`;
  // `or` and `and` return one of their operands.
  if (template.expr === 'holds') return `{{ if ${helmCondition(template.condition)} }}true{{ else }}false{{ end }}`;
  if (template.expr === 'json') {
    const constants = Object.entries(template.constants).flatMap((pair) => pair.map((one) => JSON.stringify(one)));
    const fields = [...constants, JSON.stringify(template.field), reference(template.path)].join(' ');
    return `|-\n${action(`dict ${fields} | toPrettyJson | nindent ${indent}`, indent)}`;
  }
  if (template.expr === 'value') {
    const value = reference(template.path);
    const preset = template.preset === undefined ? '' : ` | default ${JSON.stringify(template.preset)}`;
    if (template.type === 'text') return `{{ ${value}${preset} | quote }}`;
    return template.type === 'scalar' ? `{{ ${value} }}` : `{{- toYaml ${value} | nindent ${indent} }}`;
  }
  throw new Error(`${template.expr} is an entry, not a value`);
}

function block(start: string, lines: readonly string[], indent: number): readonly string[] {
  return [action(start, indent), ...lines, action('end', indent)];
}

function objectLines(object: TemplateObject, indent: number): readonly string[] {
  return Object.entries(object).flatMap(([key, value]): readonly string[] => {
    if (key === SPREAD) {
      if (!isExpression(value) || value.expr !== 'value') throw new Error('only a structure can be spread');
      return block(`with ${reference(value.path)}`, [action(`toYaml . | nindent ${indent}`, indent)], indent);
    }
    if (isExpression(value) && value.expr === 'when') {
      return block(`if ${helmCondition(value.condition)}`, objectLines({ [key]: value.then }, indent), indent);
    }
    return valueLines(`${pad(indent)}${scalar(key)}:`, value, indent + STEP);
  });
}

function itemLines(template: Template, indent: number): readonly string[] {
  if (isExpression(template)) {
    if (template.expr === 'when') {
      return block(`if ${helmCondition(template.condition)}`, itemLines(template.then, indent), indent);
    }
    if (template.expr === 'each') {
      return block(`range ${reference(template.path)}`, itemLines(template.item, indent), indent);
    }
  }
  if (typeof template === 'object' && template !== null && !isExpression(template) && !isList(template)) {
    const spread = template[SPREAD];
    if (spread && isExpression(spread) && spread.expr === 'value') {
      return [`${pad(indent)}- {{- toYaml ${reference(spread.path)} | nindent ${indent + STEP} }}`];
    }
    const [first = '', ...rest] = objectLines(template, indent + STEP);
    if (first.trimStart().startsWith('{{')) throw new Error('the first field of an item has no condition');
    return [`${pad(indent)}- ${first.trimStart()}`, ...rest];
  }
  return valueLines(`${pad(indent)}-`, template, indent + STEP);
}

/** A template file: all manifests, if the condition holds. */
export function helmTemplate(condition: Condition, manifests: readonly TemplateObject[]): string {
  const documents = manifests.map((manifest) => ['---', ...objectLines(manifest, 0)].join('\n'));
  return `{{- if ${helmCondition(condition)} }}\n${documents.join('\n')}\n{{- end }}\n`;
}
