import { describe, expect, test } from 'vitest';
import { argoHealth, fluxStatus, kstatusOf } from '../../support/gitops/health-rules.ts';
import { HEALTH_STATES } from '../../support/gitops/health-states.ts';

describe('GitOps tools', () => {
  test.each(HEALTH_STATES)('$title is $argo for Argo CD', async ({ object, argo }) => {
    const { status, message } = await argoHealth(object);
    expect(status).toBe(argo);
    expect(message).not.toBe('');
  });

  test.each(HEALTH_STATES)('$title is $flux for Flux', ({ object, flux }) => {
    expect(fluxStatus(object)).toBe(flux);
  });

  test.each(HEALTH_STATES)('$title is $kstatus for kstatus', ({ object, kstatus }) => {
    expect(kstatusOf(object)).toBe(kstatus);
  });
});
