/** Distribution of connections over endpoints: the exported single-valued fields of a Service. */
import type { InternalTrafficPolicy, Service, SessionAffinity } from '../../api/core.ts';
import { importTypeOf } from './exports.ts';

/** Default session affinity timeout (Service API, `sessionAffinityConfig`). */
export const DEFAULT_AFFINITY_SECONDS = 10_800;

export interface Traffic {
  readonly sessionAffinity: SessionAffinity;
  /** Seconds; present only with ClientIP. */
  readonly affinitySeconds?: number;
  readonly internalTrafficPolicy?: InternalTrafficPolicy;
  readonly trafficDistribution?: string;
}

/** The fields of a Service that control the distribution of connections. Headless Services have no affinity. */
export function trafficOf(service: Service): Traffic {
  const { sessionAffinity, sessionAffinityConfig, internalTrafficPolicy, trafficDistribution } = service.spec;
  const sticky = sessionAffinity === 'ClientIP' && importTypeOf(service) === 'ClusterSetIP';
  return {
    sessionAffinity: sticky ? 'ClientIP' : 'None',
    ...(sticky && {
      affinitySeconds: sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS,
    }),
    ...(internalTrafficPolicy !== undefined && { internalTrafficPolicy }),
    ...(trafficDistribution !== undefined && { trafficDistribution }),
  };
}
