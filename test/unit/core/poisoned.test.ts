/** Texts of other parties in conditions and Events. */
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { Change } from '../../../src/core/change.ts';
import { desired } from '../../../src/core/desired/desired.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import type { ConsumerView } from '../../../src/core/view.ts';
import { FleetModel } from '../../support/core/fleet-model.ts';
import { anEndpoint, anExport, anImport, aService, aSlice, at, NOW } from '../../support/core/objects.ts';
import { ACTING, poisoned } from '../../support/poison.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Every message in the conditions that a change writes. */
function messagesOf(change: Change): readonly string[] {
  if (change.op === 'delete') return [];
  const { status } = change.op === 'create' ? change.object : change.patch;
  return [...JSON.stringify(status ?? {}).matchAll(/"message":("(?:[^"\\]|\\.)*")/g)].map(
    ([, text = '""']) => JSON.parse(text) as string,
  );
}

/** Two exporters that disagree in everything, each with objects that are refused, and a user's import. */
function fleetWith(text: string): FleetModel {
  const fleet = new FleetModel();
  const exported = (value: string, second: number) =>
    anExport(
      { exportedLabels: { [text]: text, team: value }, exportedAnnotations: { note: value, [text]: value } },
      at(second),
    );
  const slice = aSlice(`web-${text}`, [anEndpoint(text), anEndpoint('127.0.0.1'), anEndpoint('10.1.0.1')]);
  fleet.member('cluster1').export(exported(text, 0), aService({ ports: [{ name: text, port: 80 }] }), [slice]);
  const headless = aService({ clusterIP: 'None', ports: [{ name: 'b', port: 81, appProtocol: text }] });
  fleet.member('cluster2').export(exported(`${text}2`, 1), headless, [slice]);
  fleet.member('cluster3').export(anExport({}, at(2)), aService({ type: 'ExternalName' }));
  fleet.member('cluster3').import(
    anImport({
      ports: [
        { name: text, protocol: 'TCP', port: 80, appProtocol: text },
        { name: 'x', protocol: text as 'TCP', port: 9 },
      ],
      trafficDistribution: text,
    }),
  );
  return fleet;
}

it('conditions show every character of the texts that they quote, within the limit of the API', () => {
  let seen = 0;
  fc.assert(
    fc.property(poisoned, fc.boolean(), (base, long) => {
      const text = long ? base.repeat(1_000) : base;
      const fleet = fleetWith(text);
      for (let pass = 0; pass < 4; pass++) {
        for (const { name, api } of fleet.members) {
          const { clusterset, consumer } = fleet.view(name);
          const told: ConsumerView = { ...consumer, refusal: `rejected: ${text}`, foreignSlices: [text] };
          const changes = plan(told, desired(clusterset, told), NOW);
          for (const message of changes.flatMap(messagesOf)) {
            expect(message).not.toMatch(ACTING);
            expect(message).not.toContain('\n');
            expect(message.length).toBeLessThanOrEqual(32_768);
            if (message.includes('\\u{')) seen++;
          }
          api.apply(changes);
        }
      }
    }),
    { numRuns: 30 },
  );
  expect(seen).toBeGreaterThan(0);
});
