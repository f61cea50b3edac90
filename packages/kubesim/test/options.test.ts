import { describe, expect, it } from 'vitest';
import { OptionError, startCluster, startClusters } from '../src/index.ts';
import { WIDGETS } from './support/widgets.ts';

/** Untyped, as for JavaScript callers. */
const start = (options: object): Promise<unknown> => startCluster(options);
const startSeveral = (options: object): Promise<unknown> => Reflect.apply(startClusters, undefined, [options]);

describe('startCluster', () => {
  it.each([
    [
      { name: 'Blue' },
      'option "name" is "Blue"; allowed: a DNS label: at most 63 lower-case letters, digits and dashes',
    ],
    [{ port: 70_000 }, 'option "port" is 70000; allowed: an integer from 1 to 65535'],
    [{ token: 'a b' }, 'option "token" is "a b"; allowed: a string of visible ASCII characters'],
    [{ crds: WIDGETS }, /^option "crds" is \{.*\}; allowed: an array of CustomResourceDefinition objects$/],
    [
      { workloads: 2 },
      'option "workloads" is 2; allowed: a boolean, or an object with nodes, readyAfterMs, stopAfterMs',
    ],
    [{ workloads: { nodes: 0 } }, 'option "workloads.nodes" is 0; allowed: an integer from 1 to 100'],
    [{ workloads: { pods: 1 } }, 'option "workloads.pods" is unknown; allowed: nodes, readyAfterMs, stopAfterMs'],
    [{ clock: {} }, 'option "clock" is {}; allowed: an object with now() and sleep()'],
    [{ random: 4 }, 'option "random" is 4; allowed: a function'],
    [
      { logger: () => {} },
      'option "logger" is a function; allowed: an object with debug(), info(), warn(), error() and child()',
    ],
    [{ signal: 'stop' }, 'option "signal" is "stop"; allowed: an AbortSignal'],
    [
      { crd: [] },
      'option "crd" is unknown; allowed: crds, workloads, clock, random, logger, signal, name, port, token',
    ],
  ])('refuses %j', async (options, message) => {
    await expect(start(options)).rejects.toThrow(OptionError);
    await expect(start(options)).rejects.toThrow(message);
  });

  it.each([
    [
      { ...WIDGETS, spec: {} },
      'option "crds[1]" is rejected by the API server: CustomResourceDefinition.apiextensions.k8s.io "widgets.example.com" is invalid: ',
    ],
    [
      { ...WIDGETS, sepc: {} },
      'option "crds[1]" is rejected by the API server: CustomResourceDefinition in version "v1" cannot be handled as a CustomResourceDefinition: strict decoding error: unknown field "sepc"',
    ],
    [{ kind: 'ConfigMap' }, 'option "crds[1]" is rejected by the API server: '],
  ])('reports why the API server rejects a CRD: %#', async (crd, message) => {
    const other = JSON.parse(JSON.stringify(WIDGETS).replaceAll('idget', 'adget'));
    await expect(start({ crds: [other, crd] })).rejects.toThrow(message);
  });
});

describe('startClusters', () => {
  it.each([
    [{}, 'option "clusters" is required; allowed: an integer from 1 to 100'],
    [{ clusters: 101 }, 'option "clusters" is 101; allowed: an integer from 1 to 100'],
    [{ clusters: 1, proxyPort: -1 }, 'option "proxyPort" is -1; allowed: an integer from 0 to 65435'],
    [{ clusters: 1, clusterSetZone: {} }, 'option "clusterSetZone" is {}; allowed: a function'],
    [{ clusters: 1, name: 'a' }, /^option "name" is unknown; allowed: crds, .*, clusters, proxyPort, clusterSetZone$/],
  ])('refuses %j', async (options, message) => {
    await expect(startSeveral(options)).rejects.toThrow(message);
  });
});
