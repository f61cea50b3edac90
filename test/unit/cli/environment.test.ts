import { homedir, hostname } from 'node:os';
import { delimiter } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../src/cli/environment.ts';

describe('the environment', () => {
  it('has defaults for everything', () => {
    expect(readEnvironment({})).toEqual({
      kubeconfigFiles: [],
      home: homedir(),
      noColor: false,
      logLevel: 'info',
      podName: hostname(),
      tlsVerificationOff: false,
      variables: {},
    });
  });

  it('is read from its variables', () => {
    const variables = {
      KUBECONFIG: ['/a', '', '/b'].join(delimiter),
      HOME: '/home/x',
      NO_COLOR: '1',
      CATAMARAN_LOG_LEVEL: 'debug',
      POD_NAME: 'catamaran-0',
      POD_NAMESPACE: 'mcs',
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBERNETES_SERVICE_PORT: '443',
    };
    expect(readEnvironment(variables)).toEqual({
      kubeconfigFiles: ['/a', '/b'],
      home: '/home/x',
      noColor: true,
      logLevel: 'debug',
      podName: 'catamaran-0',
      podNamespace: 'mcs',
      kubernetesService: { host: '10.96.0.1', port: 443 },
      tlsVerificationOff: false,
      variables,
    });
  });

  it('treats an empty variable as unset', () => {
    const variables = { KUBECONFIG: '', HOME: '', NO_COLOR: '', CATAMARAN_LOG_LEVEL: '', KUBERNETES_SERVICE_HOST: '' };
    expect(readEnvironment(variables)).toMatchObject({ kubeconfigFiles: [], noColor: false, logLevel: 'info' });
    expect(readEnvironment(variables).kubernetesService).toBeUndefined();
  });

  it('rejects an unknown log level', () => {
    expect(() => readEnvironment({ CATAMARAN_LOG_LEVEL: 'loud' })).toThrow(
      expect.objectContaining({
        code: 'CTM_USAGE',
        message: 'CATAMARAN_LOG_LEVEL: "loud" is not a log level; allowed: debug, info, warn, error',
      }),
    );
  });
});
