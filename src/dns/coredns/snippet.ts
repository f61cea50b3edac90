/** The text of `dns enable --print`: what a user hands to the tool that owns the DNS, or applies by hand. */

import { CONFIG_MAPS } from '../../api/resources.ts';
import { readable } from '../../kube/client/readable.ts';
import { CUSTOM, customText } from '../places/custom-place.ts';
import { OPERATORS } from '../places/operator-place.ts';
import type { ZoneChange } from '../places/place.ts';
import { KUBE_DNS } from '../places/stub-domains-place.ts';
import type { ConfigMap } from './coredns-objects.ts';
import { parseCorefile } from './corefile.ts';
import { addZone, zoneBlock } from './corefile-edit.ts';
import { checkMode, configMapOf, type Site, serviceAccountOf } from './install.ts';
import { rightsOf } from './rights.ts';

/** What a user hands to the tool that owns the DNS, or applies without this command. */
export async function snippetFor(site: Site, change: ZoneChange & Required<Pick<ZoneChange, 'mode'>>): Promise<string> {
  const { zone, mode, forward } = change;
  const names = configMapOf(site);
  const { way } = site.detected.platform;
  checkMode(site, way, mode);
  const found = await readable(site.client.get<ConfigMap>(CONFIG_MAPS, { ...names }));
  const corefile = found?.data?.Corefile;
  const request = { mode, zone, ...(forward !== undefined && { forward }) };
  const block = corefile === undefined ? undefined : `${zoneBlock(parseCorefile(corefile), request).join('\n')}\n`;
  const usual = `${zoneBlock(parseCorefile('.:53 {\n}\n'), request).join('\n')}\n`;
  const parts: string[] = [];
  if (way.kind === 'tool') {
    const whole = corefile === undefined ? undefined : addZone(corefile, request);
    parts.push(
      way.instructions({
        zone,
        block: block ?? usual,
        ...(forward !== undefined && { forward }),
        ...(whole !== undefined && { corefile: whole }),
      }),
    );
  } else if (way.kind === 'custom') {
    const text = customText('', change, corefile ?? '');
    parts.push(`# A key of ConfigMap ${CUSTOM.namespace}/${CUSTOM.name}:\ncatamaran.server: |\n${indented(text)}`);
  } else if (way.kind === 'operator') {
    const { resource, name, list, entry } = OPERATORS[way.operator];
    const value = JSON.stringify(entry(zone, forward ?? ''));
    parts.push(
      `# An entry of spec.${list} in ${resource.kind} ${name} (${resource.plural}.${resource.group}):\n- ${value}\n`,
    );
  } else if (way.kind === 'stubDomains') {
    const value = JSON.stringify({ [zone]: [forward] });
    parts.push(`# ConfigMap ${KUBE_DNS.namespace}/${KUBE_DNS.name}, stubDomains:\n${value}\n`);
  } else parts.push(`# At the end of the Corefile in ConfigMap ${names.namespace}/${names.name}:\n${block ?? usual}`);
  if (mode === 'coredns') {
    const documents = rightsOf(serviceAccountOf(site)).map((object) => `${JSON.stringify(object, null, 2)}\n`);
    parts.push(`# Rights of CoreDNS, for kubectl apply -f -:\n${documents.join('---\n')}`);
  }
  return parts.join('\n');
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
