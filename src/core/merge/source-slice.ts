/** Converts EndpointSlices of exported Services to input of the engine. */
import type { EndpointSlice } from '../../api/endpoint-slice.ts';
import { LAST_CHANGE_TRIGGER_TIME, SLICE_CONTROLLER, SLICE_MANAGED_BY } from '../../api/labels.ts';
import { type AddressPolicy, refusal } from '../addresses/address-policy.ts';
import type { RefusedAddress, SourceSlice } from '../view.ts';

/** Checks the addresses of a slice, when it enters the cache or the policy changes. */
export function sourceSlice(slice: EndpointSlice, policy: AddressPolicy): SourceSlice {
  const refused: RefusedAddress[] = [];
  const endpoints = slice.endpoints.filter(({ addresses }) => {
    for (const address of addresses) {
      const problem = refusal(address, slice.addressType, policy);
      if (!problem) continue;
      refused.push({ address, ...problem });
      return false;
    }
    return true;
  });
  return {
    name: slice.metadata.name,
    addressType: slice.addressType,
    endpoints: refused.length > 0 ? endpoints : slice.endpoints,
    refused,
    ports: slice.ports ?? [],
    managed: slice.metadata.labels?.[SLICE_MANAGED_BY] === SLICE_CONTROLLER,
    triggerTime: slice.metadata.annotations?.[LAST_CHANGE_TRIGGER_TIME],
  };
}
