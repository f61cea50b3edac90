/** Requests for starting a control plane. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, type Dispatcher, request } from 'undici';
import type { PlaneFiles } from './files.ts';

/** Requests to one API server. */
export interface Api {
  /** Whether a GET returns 200. */
  isOk(path: string): Promise<boolean>;
  /** @throws an Error with the response if the object was not created. */
  create(collection: string, object: object): Promise<void>;
  readyNodes(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Writes and returns the CA of an API server; undefined if the server has not created it yet. Without certificate
 * flags, kube-apiserver creates a CA and a certificate signed by it on its first start, and writes both into one file,
 * the CA last. So no other tool is needed for certificates.
 */
export async function writeCA(files: Pick<PlaneFiles, 'dir' | 'caFile'>): Promise<string | undefined> {
  const chain = await readFile(join(files.dir, 'apiserver.crt'), 'utf8').catch(() => '');
  const certificates = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const ca = certificates[1];
  if (ca !== undefined) await writeFile(files.caFile, `${ca}\n`);
  return ca;
}

/** Connects to an API server; undefined if it has not created its certificate yet. */
export async function connect(server: string, files: PlaneFiles, token: string): Promise<Api | undefined> {
  const ca = await writeCA(files);
  if (ca === undefined) return undefined;
  const dispatcher = new Agent({ connect: { ca } });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const url = (path: string): string => `${server}${path}`;
  return {
    isOk: async (path) => (await bodyOf(url(path), { dispatcher, headers })) !== undefined,
    async create(collection, object) {
      const body = JSON.stringify(object);
      const response = await request(url(collection), { dispatcher, headers, method: 'POST', body });
      const text = await response.body.text();
      if (response.statusCode >= 300) throw new Error(`POST ${url(collection)}: ${response.statusCode}: ${text}`);
    },
    async readyNodes() {
      const text = (await bodyOf(url('/api/v1/nodes'), { dispatcher, headers })) ?? '';
      return text.match(/"type":"Ready","status":"True"/g)?.length ?? 0;
    },
    close: () => dispatcher.destroy(),
  };
}

/** Whether etcd at a port of 127.0.0.1 is up and has this name. */
export async function isEtcd(port: number, name: string): Promise<boolean> {
  const url = `http://127.0.0.1:${port}/v3/cluster/member/list`;
  return (await bodyOf(url, { method: 'POST', body: '{}' }))?.includes(`"name":"${name}"`) === true;
}

type Options = Partial<Pick<Dispatcher.RequestOptions, 'method' | 'body' | 'headers'>> & { dispatcher?: Dispatcher };

/** The body of a response with status 200; undefined for any other status, or if there is no response within 5 s. */
async function bodyOf(url: string, options: Options): Promise<string | undefined> {
  try {
    const response = await request(url, { ...options, headersTimeout: 5_000, bodyTimeout: 5_000 });
    const body = await response.body.text();
    return response.statusCode === 200 ? body : undefined;
  } catch {
    return undefined;
  }
}
