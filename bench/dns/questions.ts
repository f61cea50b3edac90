/** What is asked, as lines for dnsperf. */
import { domainOf, type Service, serviceOf, ZONE } from './objects.ts';

/** A list of questions that dnsperf goes through again and again. */
export interface Load {
  readonly name: string;
  /** For people. */
  readonly what: string;
  readonly lines: readonly string[];
}

/** A kind of question and its share of the mix, in hundredths. `service` is any; each picks one near it that fits. */
const MIX: readonly { readonly share: number; readonly line: (service: Service) => string }[] = [
  { share: 40, line: (service) => `${domainOf(withClusterSetIP(service))} A` },
  { share: 25, line: (service) => `${domainOf(headless(service))} A` },
  { share: 10, line: (service) => `_http._tcp.${domainOf(withHostnames(service))} SRV` },
  { share: 15, line: (service) => `${domainOf(withClusterSetIP(service))} AAAA` },
  { share: 10, line: ({ name, namespace }) => `${name}-gone.${namespace}.svc.${ZONE} A` },
];
const MIX_LINES = 20_000;
/** Parts that have no common divisor with the number of lines or Services spread without a pattern, and repeatably. */
const [SERVICE_STEP, KIND_STEP] = [7_919, 37];

/** What clients ask of a whole clusterset: all Services, all kinds of answers. */
export function mixedLoad(services: number): Load {
  const kinds = MIX.flatMap(({ share, line }) => Array.from({ length: share }, () => line));
  const lines = Array.from({ length: MIX_LINES }, (_, i) => {
    const service = serviceOf((i * SERVICE_STEP) % services);
    return kinds[(i * KIND_STEP) % kinds.length]?.(service) ?? '';
  });
  const what = 'A of 1 and of 10 addresses, SRV of 10, AAAA that is NODATA, NXDOMAIN; all Services';
  return { name: 'mix', what, lines };
}

/** One name with one address, over and over. */
export function singleLoad(): Load {
  // Often, so that dnsperf does not have to go back to the beginning all the time.
  const lines = Array.from({ length: 1_000 }, () => `${domainOf(serviceOf(0))} A`);
  return { name: 'one A', what: 'A of one Service with one address', lines };
}

function withClusterSetIP({ number }: Service): Service {
  return serviceOf(number & ~3);
}

function headless({ number }: Service): Service {
  return serviceOf((number & ~3) + 2);
}

function withHostnames({ number }: Service): Service {
  return serviceOf((number & ~3) + 3);
}
