/** Bills of materials in CycloneDX: what esbuild put into the bundle, Node.js, and packages of Debian. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Enums, Models, Serialize, Spec, Validation } from '@cyclonedx/cyclonedx-library';
import type { Metafile } from 'esbuild';
import { ROOT } from '../paths.ts';

/** A package that was built in. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** Package URL. */
  readonly purl: string;
  /** SPDX identifier or expression. */
  readonly license?: string;
}

/** `node_modules/a/node_modules/@b/c` of a file in it; undefined for files of this repository. */
function packageOf(path: string): string | undefined {
  return /^(.*node_modules\/(@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}

/** The npm packages that files of a bundle come from. */
export function bundledPackages({ inputs }: Pick<Metafile, 'inputs'>): readonly Component[] {
  const directories = new Set(Object.keys(inputs).map(packageOf));
  const components = [...directories].flatMap((directory) =>
    directory === undefined ? [] : [npmComponent(directory)],
  );
  // A package may be installed several times.
  return [...new Map(components.map((component) => [component.purl, component])).values()];
}

function npmComponent(directory: string): Component {
  // Written by the registry.
  const { name, version, license } = JSON.parse(readFileSync(join(ROOT, directory, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return { name, version, purl, ...(license !== undefined && { license }) };
}

export function nodeComponent(version: string): Component {
  return { name: 'node', version, purl: `pkg:generic/node@${version}`, license: 'MIT' };
}

export function debianComponent(name: string, version: string, architecture: string, release: string): Component {
  const [encodedName, encodedVersion] = [name, version].map(encodeURIComponent);
  const query = `arch=${architecture}&distro=debian-${release}`;
  return { name, version, purl: `pkg:deb/debian/${encodedName}@${encodedVersion}?${query}` };
}

interface Subject {
  readonly name: string;
  readonly version: string;
  readonly type: 'application' | 'container';
  /** Time of the release, in seconds since 1970. */
  readonly seconds: number;
}

/** JSON, with the same bytes for the same components in any order. @throws an Error if it does not fit the schema. */
export async function sbom({ name, version, type, seconds }: Subject, parts: readonly Component[]): Promise<string> {
  const kinds = { application: Enums.ComponentType.Application, container: Enums.ComponentType.Container };
  const root = new Models.Component(kinds[type], name, { version, bomRef: name });
  const bom = new Models.Bom();
  bom.metadata.component = root;
  bom.metadata.timestamp = new Date(seconds * 1000);
  for (const { name, version, purl, license } of parts) {
    const component = new Models.Component(Enums.ComponentType.Library, name, { version, purl, bomRef: purl });
    if (license !== undefined) component.licenses.add(new Models.LicenseExpression(license));
    bom.components.add(component);
    root.dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  const text = `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
  const problem = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
  if (problem !== null) throw new Error(`the bill of materials does not fit its schema: ${JSON.stringify(problem)}`);
  return text;
}
