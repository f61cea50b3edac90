import { describe, expect, it } from 'vitest';
import {
  each,
  evaluate,
  type Scope,
  SPREAD,
  structureOf,
  text,
  textOf,
  unlessEmpty,
  when,
} from '../../../src/install/template.ts';

const scope = (values: Scope['Values'], kubernetes = '1.34'): Scope => ({
  Values: values,
  Release: { Namespace: 'system', Service: 'test' },
  Chart: { AppVersion: '1.2.3' },
  kubernetes,
});

describe('evaluate', () => {
  it('looks values up, and leaves out what is empty or does not apply', () => {
    const template = {
      name: text('a-', { path: 'Values.name' }),
      namespace: textOf('Release.Namespace'),
      labels: unlessEmpty('Values.labels'),
      missing: when({ is: 'Values.mode', equals: 'other' }, 'never'),
      constant: [1, true, null],
    };
    expect(evaluate(template, scope({ name: 'b', labels: {}, mode: 'hub' }))).toEqual({
      name: 'a-b',
      namespace: 'system',
      constant: [1, true, null],
    });
  });

  it('has one entry per item, among others', () => {
    const list = {
      args: ['run', each('Values.more', text('--', { path: 'item.name' })), when({ is: 'Values.more' }, 'end')],
    };
    expect(evaluate(list, scope({ more: [{ name: 'a' }, { name: 'b' }] }))).toEqual({
      args: ['run', '--a', '--b', 'end'],
    });
    expect(evaluate(list, scope({ more: [] }))).toEqual({ args: ['run'] });
  });

  it('merges a structure into an object', () => {
    const template = { fixed: 'yes', [SPREAD]: structureOf('Values.labels') };
    expect(evaluate(template, scope({ labels: { team: 'a' } }))).toEqual({ fixed: 'yes', team: 'a' });
    expect(evaluate(template, scope({}))).toEqual({ fixed: 'yes' });
  });

  it.each([
    ['1.29', false],
    ['1.30', true],
    ['1.100', true],
    ['2.0', true],
  ])('compares versions of Kubernetes: %s', (kubernetes, expected) => {
    expect(evaluate({ on: when({ atLeast: '1.30' }, 'yes') }, scope({}, kubernetes))).toEqual(
      expected ? { on: 'yes' } : {},
    );
  });
});
