/** Output formats of commands. */
import { Option } from 'commander';
import { Document, isScalar, Scalar, stringify, visit } from 'yaml';
import { visible, visibleJson } from '../runtime/visible.ts';

/** `table` and `wide` are for a terminal. */
export type OutputFormat = 'table' | 'wide' | 'json' | 'yaml';

/** `-o, --output`; the first format is the default. */
export function outputOption(formats: readonly [OutputFormat, ...OutputFormat[]], description = 'output format') {
  return new Option('-o, --output <format>', description).choices(formats).default(formats[0]);
}

/** A value as JSON or YAML, or the text for a terminal. */
export function rendered(value: unknown, format: OutputFormat, text: () => string): string {
  if (format === 'json') return visibleJson(`${JSON.stringify(value, null, 2)}\n`);
  return format === 'yaml' ? yamlText(value) : text();
}

export function yamlText(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    // Escapes are possible only in double quotes.
    Scalar: (_, node) => {
      if (isScalar(node) && typeof node.value === 'string' && visible(node.value) !== node.value) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return visibleJson(document.toString());
}

/** Manifests for `kubectl apply -f -`. */
export function yamlDocuments(objects: readonly object[]): string {
  return objects.map((object) => `---\n${stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 })}`).join('');
}
