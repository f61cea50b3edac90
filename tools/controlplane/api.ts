/** The few requests that starting a control plane takes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, type Dispatcher, request } from 'undici';
import type { PlaneFiles } from './files.ts';

/** Requests to one API server. */
export interface Api {
  /** Whether a GET is answered with 200. */
  isOk(path: string): Promise<boolean>;
  /** Throws an Error with the answer where the object is not created. */
  create(collection: string, object: object): Promise<void>;
  /** How many nodes are ready. */
  readyNodes(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Writes the CA of an API server that has made its certificate, and gives it; undefined where it has not. Without
 * certificate flags kube-apiserver makes a CA and a certificate signed by it at its first start, and writes both into
 * one file, the CA last. So no tool is needed to make certificates.
 */
export async function writeCA(files: Pick<PlaneFiles, 'dir' | 'caFile'>): Promise<string | undefined> {
  const chain = await readFile(join(files.dir, 'apiserver.crt'), 'utf8').catch(() => '');
  const certificates = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const ca = certificates[1];
  if (ca !== undefined) await writeFile(files.caFile, `${ca}\n`);
  return ca;
}

/** Connects to an API server that has made its certificate; undefined where it has not. */
export async function connect(server: string, files: PlaneFiles, token: string): Promise<Api | undefined> {
  const ca = await writeCA(files);
  if (ca === undefined) return undefined;
  const dispatcher = new Agent({ connect: { ca } });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const url = (path: string): string => `${server}${path}`;
  return {
    isOk: async (path) => (await ask(url(path), { dispatcher, headers })) !== undefined,
    async create(collection, object) {
      const body = JSON.stringify(object);
      const answer = await request(url(collection), { dispatcher, headers, method: 'POST', body });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) throw new Error(`POST ${url(collection)} answered ${answer.statusCode}: ${text}`);
    },
    async readyNodes() {
      const text = (await ask(url('/api/v1/nodes'), { dispatcher, headers })) ?? '';
      return text.match(/"type":"Ready","status":"True"/g)?.length ?? 0;
    },
    close: () => dispatcher.destroy(),
  };
}

/** Whether the etcd at a port of 127.0.0.1 is up and has this name. */
export async function isEtcd(port: number, name: string): Promise<boolean> {
  const url = `http://127.0.0.1:${port}/v3/cluster/member/list`;
  return (await ask(url, { method: 'POST', body: '{}' }))?.includes(`"name":"${name}"`) === true;
}

type Question = Partial<Pick<Dispatcher.RequestOptions, 'method' | 'body' | 'headers'>> & { dispatcher?: Dispatcher };

/** The body of an answer with status 200; undefined for any other, and where there is none within 5 s. */
async function ask(url: string, question: Question): Promise<string | undefined> {
  try {
    const answer = await request(url, { ...question, headersTimeout: 5_000, bodyTimeout: 5_000 });
    const body = await answer.body.text();
    return answer.statusCode === 200 ? body : undefined;
  } catch {
    return undefined;
  }
}
