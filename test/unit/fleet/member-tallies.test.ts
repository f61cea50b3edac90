import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../src/api/meta.ts';
import { MemberTallies } from '../../../src/fleet/member-tallies.ts';
import { anExport, anImport, NOW } from '../../support/core/objects.ts';

function condition(type: string, status: Condition['status'], reason: string): Condition {
  return { type, status, reason, message: '', lastTransitionTime: NOW };
}

const exports = fc.option(
  fc.array(
    fc.constantFrom(
      condition('Valid', 'True', 'Valid'),
      condition('Valid', 'False', 'NoService'),
      condition('Conflict', 'True', 'PortConflict'),
    ),
    { maxLength: 2 },
  ),
  { nil: undefined },
);

const positive = (counts: readonly (readonly [string, number])[]) =>
  Object.fromEntries(counts.filter(([, count]) => count !== 0));

describe('MemberTallies', () => {
  it('has the counts of a full walk after any sequence of changes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), exports), { maxLength: 30 }), (changes) => {
        const tallies = new MemberTallies();
        const held = new Map<string, ReturnType<typeof anExport>>();
        for (const [name, conditions] of changes) {
          const exported = anExport();
          const after = conditions && {
            ...exported,
            metadata: { ...exported.metadata, name },
            status: { conditions },
          };
          tallies.exportChanged(held.get(name), after);
          if (after) held.set(name, after);
          else held.delete(name);
        }
        const walked = new MemberTallies();
        for (const one of held.values()) walked.exportChanged(undefined, one);
        expect(positive(tallies.exports.counts())).toEqual(positive(walked.exports.counts()));
        expect(tallies.conflicts).toBe(walked.conflicts);
      }),
    );
  });

  it('counts imports by reason, and reasons of other clients as one', () => {
    const tallies = new MemberTallies();
    const imported = (reason: string) => ({
      ...anImport(),
      status: { conditions: [condition('Ready', 'False', reason)] },
    });
    tallies.importChanged(undefined, anImport());
    tallies.importChanged(undefined, imported('Rejected'));
    tallies.importChanged(undefined, imported('Made.Up.By.A.Member'));
    tallies.importChanged(imported('Rejected'), imported('Ready'));
    expect(Object.fromEntries(tallies.imports.counts())).toEqual({ Pending: 1, Rejected: 0, Ready: 1, Other: 1 });
  });

  it('names exports and imports with a problem, until they have none', () => {
    const tallies = new MemberTallies();
    const conflicting = { ...anExport(), status: { conditions: [condition('Conflict', 'True', 'PortConflict')] } };
    const refused = {
      ...anExport(),
      status: { conditions: [condition('catamaran.dev/EndpointsAccepted', 'False', 'AddressRefused')] },
    };
    const empty = (reason: string) => ({
      ...anImport(),
      status: { conditions: [condition('catamaran.dev/EndpointsAvailable', 'False', reason)] },
    });
    const object = `${anExport().metadata.namespace}/${anExport().metadata.name}`;
    tallies.exportChanged(undefined, conflicting);
    tallies.importChanged(undefined, empty('NoEndpoints'));
    expect(tallies.troubledExports.shown()).toEqual([['Conflict', object]]);
    expect(tallies.troubledImports.shown()).toEqual([['NoEndpoints', object]]);
    tallies.exportChanged(conflicting, refused);
    tallies.importChanged(empty('NoEndpoints'), empty('Made.Up.By.A.Member'));
    expect(tallies.troubledExports.shown()).toEqual([['AddressRefused', object]]);
    expect(tallies.troubledImports.shown()).toEqual([['Other', object]]);
    tallies.exportChanged(refused, undefined);
    tallies.importChanged(empty('Made.Up.By.A.Member'), anImport());
    expect([...tallies.troubledExports.shown(), ...tallies.troubledImports.shown()]).toEqual([]);
  });
});
