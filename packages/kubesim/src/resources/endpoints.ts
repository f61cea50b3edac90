/** v1 Endpoints. */

import { column, printer } from '../machinery/columns.ts';
import { type FieldError, invalidFor, required } from '../machinery/field-error.ts';
import { label1123, portNumber, qualifiedName, subdomain1123 } from '../machinery/formats.ts';
import type { JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { isUnset, numberOf, objectsOf, sameValue, textOf, withEach, withMissing } from '../machinery/read.ts';
import { endpointAddress, looseAddress } from './addresses.ts';
import { protocolErrors } from './choices.ts';
import { define } from './define.ts';

function subsetErrors(endpoints: StoredObject, old: StoredObject | undefined): readonly FieldError[] {
  const errors = objectsOf(endpoints.subsets).flatMap((subset, i) => {
    const path = `subsets[${i}]`;
    const [ready, notReady] = [objectsOf(subset.addresses), objectsOf(subset.notReadyAddresses)];
    const ports = objectsOf(subset.ports);
    return [
      ...(ready.length + notReady.length === 0
        ? [required(path, 'must specify `addresses` or `notReadyAddresses`')]
        : []),
      ...ready.flatMap((one, j) => addressErrors(`${path}.addresses[${j}]`, one)),
      ...notReady.flatMap((one, j) => addressErrors(`${path}.notReadyAddresses[${j}]`, one)),
      ...ports.flatMap((port, j) => portErrors(`${path}.ports[${j}]`, port, ports.length > 1)),
    ];
  });
  return old && sameValue(endpoints.subsets, old.subsets) ? [] : errors;
}

function addressErrors(path: string, address: JsonObject): readonly FieldError[] {
  const ip = textOf(address.ip);
  const { hostname, nodeName } = address;
  return [
    ...looseAddress(`${path}.ip`, ip),
    ...(isUnset(hostname) ? [] : invalidFor(`${path}.hostname`, textOf(hostname), label1123(textOf(hostname)))),
    ...(typeof nodeName === 'string' ? invalidFor(`${path}.nodeName`, nodeName, subdomain1123(nodeName)) : []),
    ...endpointAddress(`${path}.ip`, ip),
  ];
}

function portErrors(path: string, port: JsonObject, named: boolean): readonly FieldError[] {
  const name = textOf(port.name);
  const number = numberOf(port.port);
  const { appProtocol } = port;
  return [
    ...(name === '' && named ? [required(`${path}.name`)] : []),
    ...(name === '' ? [] : invalidFor(`${path}.name`, name, label1123(name))),
    ...invalidFor(`${path}.port`, number, portNumber(number)),
    ...protocolErrors(`${path}.protocol`, port.protocol),
    ...(typeof appProtocol === 'string'
      ? invalidFor(`${path}.appProtocol`, appProtocol, qualifiedName(appProtocol))
      : []),
  ];
}

function hostAndPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function addressesText(endpoints: StoredObject): string {
  const subsets = objectsOf(endpoints.subsets);
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap((subset) => {
    const addresses = objectsOf(subset.addresses).map((one) => textOf(one.ip));
    const ports = objectsOf(subset.ports);
    if (ports.length === 0) return addresses;
    return ports.flatMap((port) => addresses.map((ip) => hostAndPort(ip, numberOf(port.port))));
  });
  const shown = all.slice(0, 3).join(',');
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}

export const endpoints = define({
  group: '',
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  createOnUpdate: true,
  warning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  printer: printer([column('Endpoints', 'Addresses and ports of ready endpoints.')], (object) => [
    addressesText(object),
  ]),
  strategy: {
    defaults: (object) =>
      withEach(object, 'subsets', (subset) =>
        withEach(subset, 'ports', (port) => withMissing(port, { protocol: 'TCP' })),
      ),
    validateCreate: (object) => subsetErrors(object, undefined),
    validateUpdate: subsetErrors,
  },
});
