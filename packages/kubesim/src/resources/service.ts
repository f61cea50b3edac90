/** v1 Services. */

import type { ClusterSettings } from '../machinery/cluster-settings.ts';
import { AGE, age, column, labelsText, NAME, wide } from '../machinery/columns.ts';
import type { FieldError } from '../machinery/field-error.ts';
import type { StoredObject } from '../machinery/object.ts';
import { at, isUnset, numberOf, objectOf, objectsOf, textOf, textsOf } from '../machinery/read.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import { define } from './define.ts';
import { createServiceAllocator, type Holding } from './service-allocator.ts';
import { serviceChangeErrors } from './service-changes.ts';
import { serviceDefaults } from './service-defaults.ts';
import { clusterIPsOf, needsHealthCheck, nodePortsOf, portsOf, type Spec } from './service-fields.ts';
import { placed } from './service-placement.ts';
import { balancerStatusErrors, serviceErrors } from './service-rules.ts';
import { serviceWarnings } from './warnings.ts';

function specOf(service: StoredObject): Spec {
  return objectOf(service.spec);
}

function holdingOf(service: StoredObject | undefined): Holding | undefined {
  if (!service) return undefined;
  const spec = specOf(service);
  const health = needsHealthCheck(spec) ? [numberOf(spec.healthCheckNodePort)] : [];
  return { addresses: clusterIPsOf(spec), ports: [...nodePortsOf(spec), ...health] };
}

/** The Service resource of one cluster, with its address and node port allocator. */
export function services({ serviceCIDRs }: ClusterSettings): ResourceDefinition {
  const allocator = createServiceAllocator(serviceCIDRs);
  // `allocate` returns the result computed during validation: the two run in sequence for one write.
  const results = new WeakMap<StoredObject, StoredObject>();

  const place = (service: StoredObject, old: StoredObject | undefined): StoredObject | readonly FieldError[] => {
    const step = placed(specOf(service), old && specOf(old), allocator);
    if ('errors' in step) return step.errors;
    const balancer = step.spec.type === 'LoadBalancer';
    const status = old && !balancer ? { status: { ...objectOf(service.status), loadBalancer: {} } } : {};
    return { ...service, spec: step.spec, ...status };
  };
  const validate = (service: StoredObject, old: StoredObject | undefined): readonly FieldError[] => {
    const result = place(service, old);
    if (!('metadata' in result)) return result;
    results.set(service, result);
    const spec = specOf(result);
    return [...(old ? serviceChangeErrors(spec, specOf(old)) : []), ...serviceErrors(spec, old && specOf(old))];
  };

  return define({
    group: '',
    kind: 'Service',
    plural: 'services',
    shortNames: ['svc'],
    categories: ['all'],
    namespaced: true,
    names: 'label1035',
    createOnUpdate: true,
    returnsDeleted: true,
    status: true,
    printer: {
      columns: [
        NAME,
        column('Type', 'How the Service is exposed.'),
        column('Cluster-IP', 'Primary cluster-internal address.'),
        column('External-IP', 'Addresses outside the cluster.'),
        column('Port(s)', 'Ports and node ports.'),
        AGE,
        wide('Selector', 'Label selector of the pods.'),
      ],
      row(service, now) {
        const spec = specOf(service);
        return [
          service.metadata.name,
          textOf(spec.type),
          clusterIPsOf(spec)[0] ?? '<none>',
          externalAddresses(spec, service),
          portsText(spec),
          age(service, now),
          labelsText(spec.selector),
        ];
      },
    },
    strategy: {
      defaults: serviceDefaults,
      prepareCreate: (service) => ({ ...service, status: { loadBalancer: {} } }),
      validateCreate: (service) => validate(service, undefined),
      validateUpdate: validate,
      validateStatus: (service) => balancerStatusErrors(specOf(service), service.status),
      allocate: (service, old) => results.get(service) ?? place(service, old),
      warnings: serviceWarnings,
      committed: (service, old) => allocator.commit(holdingOf(service), holdingOf(old)),
      fields: (service) => ({
        'spec.clusterIP': textOf(specOf(service).clusterIP),
        'spec.type': textOf(specOf(service).type),
      }),
    },
  });
}

function externalAddresses(spec: Spec, service: StoredObject): string {
  const given = textsOf(spec.externalIPs);
  switch (spec.type) {
    case 'ExternalName':
      return textOf(spec.externalName);
    case 'LoadBalancer': {
      const ingress = objectsOf(at(service.status, 'loadBalancer', 'ingress'));
      const balanced = ingress.map((one) => textOf(isUnset(one.ip) ? one.hostname : one.ip));
      const all = [...[...new Set(balanced.filter((one) => one !== ''))].toSorted(), ...given];
      return all.length > 0 ? all.join(',') : '<pending>';
    }
    case 'ClusterIP':
    case 'NodePort':
      return given.length > 0 ? given.join(',') : '<none>';
    default:
      return '<unknown>';
  }
}

function portsText(spec: Spec): string {
  const ports = portsOf(spec).map((port) => {
    const node = numberOf(port.nodePort) > 0 ? `:${numberOf(port.nodePort)}` : '';
    return `${numberOf(port.port)}${node}/${textOf(port.protocol)}`;
  });
  return ports.length > 0 ? ports.join(',') : '<none>';
}
