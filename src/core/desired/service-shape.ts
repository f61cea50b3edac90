/** The properties of a derived Service that depend on exports and import. */
import type { Service } from '../../api/core.ts';
import type { IPFamily } from '../../api/meta.ts';
import { importTypeOf } from '../merge/exports.ts';
import { type Port, portsOf } from '../merge/ports.ts';
import { type Traffic, trafficOf } from '../merge/traffic.ts';

export interface ServiceShape {
  readonly headless: boolean;
  readonly ports: readonly Port[];
  /** The primary family first; never empty. */
  readonly families: readonly IPFamily[];
  readonly traffic: Traffic;
}

/** The shape that a derived Service has. */
export function shapeOf(service: Service): ServiceShape {
  return {
    headless: importTypeOf(service) === 'Headless',
    ports: portsOf(service.spec.ports),
    families: service.spec.ipFamilies ?? [],
    traffic: trafficOf(service),
  };
}
