import { expect, it } from 'vitest';
import { ReadFiles } from '../../../../src/kube/kubeconfig/read-files.ts';

/** Files in memory; absent ones cannot be read. */
function reader(contents: Map<string, string>) {
  return new ReadFiles(async (path) => contents.get(path) ?? Promise.reject(new Error('no such file')));
}

it('notices a file whose content changed, appeared or disappeared', async () => {
  const contents = new Map([['a', '1']]);
  const files = reader(contents);
  await files.read('a');
  await expect(files.read('b')).rejects.toThrow('no such file');
  expect(await files.haveChanged()).toBe(false);
  contents.set('a', '2');
  expect(await files.haveChanged()).toBe(true);
  await files.read('a');
  expect(await files.haveChanged()).toBe(false);
  contents.set('b', '');
  expect(await files.haveChanged()).toBe(true);
  await files.read('b');
  contents.delete('a');
  expect(await files.haveChanged()).toBe(true);
});
