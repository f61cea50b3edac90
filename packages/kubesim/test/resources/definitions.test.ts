import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../src/cluster-ranges.ts';
import { builtinResources } from '../../src/resources/index.ts';
import { context, definitionOf, NOW, stored } from '../support/definitions.ts';

const DEFINITIONS = builtinResources(settingsOf(1));

it('resource names are unique', () => {
  const names = DEFINITIONS.map(({ group, plural }) => `${group}/${plural}`);
  expect(new Set(names).size).toBe(names.length);
});

it.each(DEFINITIONS.map((one) => [`${one.group}/${one.plural}`, one] as const))(
  '%s handles an empty object',
  (_name, { strategy, versions }) => {
    const empty = stored({});
    expect(() => strategy.defaults?.({})).not.toThrow();
    expect(() => strategy.prepareCreate?.(empty, context())).not.toThrow();
    expect(() => strategy.validateCreate?.(empty, context())).not.toThrow();
    expect(() => strategy.validateUpdate?.(empty, empty, context())).not.toThrow();
    expect(() => strategy.validateStatus?.(empty, empty, context())).not.toThrow();
    expect(() => strategy.fields?.(empty)).not.toThrow();
    const [{ printer }] = versions;
    expect(printer?.row(empty, NOW)).toHaveLength(printer?.columns.length ?? -1);
  },
);

it.each(DEFINITIONS.map((one) => [`${one.group}/${one.plural}`, one] as const))(
  'defaulting of %s is idempotent',
  (_name, { strategy }) => {
    const once = strategy.defaults?.({ metadata: { name: 'x' } }) ?? {};
    expect(strategy.defaults?.(once) ?? {}).toEqual(once);
  },
);

describe('namespaces', () => {
  const { strategy } = definitionOf('/namespaces');

  it('have their name as a label, including a generated one', () => {
    const made = strategy.prepareCreate?.(stored({}, { name: 'made-x7k2p', generateName: 'made-' }), context());
    expect(made?.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'made-x7k2p' });
    expect(made?.spec).toEqual({ finalizers: ['kubernetes'] });
  });

  it('keep their spec finalizers in updates', () => {
    const old = stored({ spec: { finalizers: ['kubernetes'] } });
    expect(strategy.prepareUpdate?.(stored({ spec: {} }), old, context()).spec).toEqual({ finalizers: ['kubernetes'] });
  });
});

it('clusters allocate addresses independently', () => {
  const [one, two] = [definitionOf('/services', settingsOf(1)), definitionOf('/services', settingsOf(2))];
  const service = (): ReturnType<typeof stored> =>
    stored(one.strategy.defaults?.({ spec: { ports: [{ port: 80 }], clusterIP: undefined } }) ?? {});
  const first = one.strategy.allocate?.(service(), undefined, context());
  const other = two.strategy.allocate?.(service(), undefined, context(settingsOf(2)));
  expect(first).toMatchObject({ spec: { clusterIP: '172.17.1.1' } });
  expect(other).toMatchObject({ spec: { clusterIP: '172.18.1.1' } });
});
