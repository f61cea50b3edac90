/** Converts EndpointSlices of exported Services to input of the engine. */
import type { EndpointSlice } from '../../api/endpoint-slice.ts';
import { LAST_CHANGE_TRIGGER_TIME } from '../../api/labels.ts';
import type { RefusedAddress, SourceSlice } from '../view.ts';
import { type AddressPolicy, refusal } from './addresses.ts';

/** Checks the addresses of a slice once, when it enters the cache. */
export function sourceSlice(slice: EndpointSlice, policy: AddressPolicy): SourceSlice {
  const refused: RefusedAddress[] = [];
  const endpoints = slice.endpoints.filter(({ addresses }) => {
    for (const address of addresses) {
      const reason = refusal(address, slice.addressType, policy);
      if (reason === undefined) continue;
      refused.push({ address, reason });
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
    triggerTime: slice.metadata.annotations?.[LAST_CHANGE_TRIGGER_TIME],
  };
}
