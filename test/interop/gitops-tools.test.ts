/** The health rules of the examples, in the libraries that Argo CD and Flux use. */
import { expect, it } from 'vitest';
import { run } from '../../tools/controlplane/component.ts';
import { interopBinary, versionOf } from '../../tools/interop/binaries.ts';
import { argoScript, fluxExpressions } from '../support/gitops/health-rules.ts';
import { HEALTH_STATES } from '../support/gitops/health-states.ts';
import { show } from './table.ts';

it('agree with the rules that the unit tests use', async () => {
  const questions = HEALTH_STATES.map(({ object }) => ({
    object,
    lua: argoScript(String(object.kind)),
    flux: fluxExpressions(String(object.kind)),
  }));
  const answers: readonly Record<string, string>[] = JSON.parse(
    await run(interopBinary('health'), [], { input: JSON.stringify(questions) }),
  );
  const found = answers.map(({ message: _, ...answer }, index) => ({ title: HEALTH_STATES[index]?.title, ...answer }));
  expect(found).toEqual(HEALTH_STATES.map(({ title, argo, flux, kstatus }) => ({ title, argo, flux, kstatus })));
  const states = `${HEALTH_STATES.length} states of exports and imports`;
  for (const [consumer, module, shown] of [
    ['Argo CD (gopher-lua)', 'github.com/yuin/gopher-lua', `the Lua of examples/gitops rates ${states}`],
    ['Flux (pkg/runtime/cel)', 'github.com/fluxcd/pkg/runtime', `the CEL of examples/gitops rates ${states}`],
    ['kstatus', 'github.com/fluxcd/cli-utils', `reads Ready in ${states}`],
  ] as const) {
    show({ consumer, version: versionOf('health', module), shown });
  }
});
