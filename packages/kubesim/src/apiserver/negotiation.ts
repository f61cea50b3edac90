/** Content negotiation. Source: Kubernetes documentation, "API concepts", "Alternate representations of resources". */
import { StatusError } from '../machinery/status.ts';

/** Representation of a response. */
export interface Representation {
  readonly format: 'json' | 'yaml';
  /** Converted to another kind. */
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  readonly pretty: boolean;
}

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function clauses(accept: string): readonly Clause[] {
  return accept.split(',').map((text) => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const pairs = rest.map((part): [string, string] => {
      const [name = '', value = ''] = part.split('=');
      return [name, value];
    });
    return { type, parameters: new Map(pairs) };
  });
}

const FORMATS: Readonly<Record<string, 'json' | 'yaml'>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/*': 'json',
  '*/*': 'json',
};

/** Interactive clients, which get indented JSON. */
const FOR_PEOPLE = /^(curl|Wget|Mozilla\/5\.0)/;

function isKnownKind(as: string): as is NonNullable<Representation['as']> {
  return as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList';
}

/**
 * The first acceptable representation that is supported; lists can also be watched.
 *
 * @throws StatusError 406
 */
export function negotiate(accept: string, query: URLSearchParams, userAgent: string, list = false): Representation {
  const asked = query.get('pretty');
  const pretty = asked === null ? FOR_PEOPLE.test(userAgent) : asked !== 'false' && asked !== '0';
  if (accept.trim() === '') return { format: 'json', pretty };
  for (const { type, parameters } of clauses(accept)) {
    const format = FORMATS[type];
    if (!format) continue;
    const as = parameters.get('as');
    if (as === undefined) return { format, pretty };
    if (isKnownKind(as) && parameters.get('g') === 'meta.k8s.io' && parameters.get('v') === 'v1')
      return { format, as, pretty };
  }
  const streams = list ? ', application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch' : '';
  const available = `application/json, application/yaml, application/vnd.kubernetes.protobuf${streams}`;
  throw new StatusError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${available}`, {});
}
