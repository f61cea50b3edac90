import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../../src/config/parse.ts';
import { fleetJsonSchema } from '../../../src/config/schema.ts';

const REFERENCE = join(import.meta.dirname, '../../../docs/reference');
const doc = readFileSync(join(REFERENCE, 'fleet.md'), 'utf8');

type Schema = ReturnType<typeof fleetJsonSchema>;

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `[field, default]` of every field with a value or a list. */
function fields(schema: Schema, path = '', required = false): [string, string][] {
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([name, field]) =>
      isSchema(field) ? fields(field, path === '' ? name : `${path}.${name}`, schema.required?.includes(name)) : [],
    );
  }
  const value = schema.default;
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  const own: [string, string] = [path, required ? 'required' : value === undefined ? 'none' : `\`${shown}\``];
  const items = isSchema(schema.items) && schema.items.properties ? fields(schema.items, `${path}[]`) : [];
  return [own, ...items];
}

describe('docs/reference', () => {
  it('has the current JSON Schema (catamaran config schema > docs/reference/fleet.schema.json)', () => {
    const published: unknown = JSON.parse(readFileSync(join(REFERENCE, 'fleet.schema.json'), 'utf8'));
    expect(published).toEqual(JSON.parse(JSON.stringify(fleetJsonSchema())));
  });

  it('has every field of the fleet file with its default, in order', () => {
    const rows = [...doc.matchAll(/^\| `(?<field>[\w.[\]]+)` *\| (?<value>[^|]+?) *\| (?<meaning>[^|]+?) *\|$/gm)];
    const known = fields(fleetJsonSchema());
    expect(known.length).toBeGreaterThan(25);
    expect(rows.map(({ groups }) => [groups?.field, groups?.value])).toEqual(known);
  });

  it('describes every field of the JSON Schema', () => {
    const undescribed = (schema: Schema, path: string): string[] => [
      ...(schema.description === undefined ? [path] : []),
      ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
        isSchema(field) ? undescribed(field, `${path}.${name}`) : [],
      ),
    ];
    expect(undescribed(fleetJsonSchema(), 'fleet')).toEqual([]);
  });

  it('has a valid example', () => {
    const example = /```yaml\n(?<text>.*?)```/s.exec(doc)?.groups?.text ?? '';
    expect(parseFleet(example, { file: 'fleet.yaml' }).members.map((member) => member.name)).toEqual([
      'cluster1',
      'cluster2',
    ]);
  });
});

it('has guides whose fleet files are valid', () => {
  const guides = join(REFERENCE, '../guides');
  const files = readdirSync(guides).flatMap((guide) => {
    const text = readFileSync(join(guides, guide), 'utf8');
    return [...text.matchAll(/```yaml\n(?<text>.*?)```/gs)].flatMap(({ groups }) =>
      groups?.text?.includes('kind: Fleet') ? [{ guide, text: groups.text }] : [],
    );
  });
  expect(files.length).toBeGreaterThan(5);
  for (const { guide, text } of files) expect(() => parseFleet(text, { file: guide })).not.toThrow();
});
