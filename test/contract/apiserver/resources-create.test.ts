/** Creates: defaults, and rejections with their exact messages. Nothing is stored. */
import { expect, it } from 'vitest';
import { bothServers, pathIn } from './pair.ts';
import { ROWS } from './resources-rows.ts';

const servers = bothServers();

it.each(ROWS)('$title', async ({ resource, namespaced, object }) => {
  const { real, kubesim } = await servers().compared(
    'POST',
    (namespace) => `${pathIn(resource, namespaced ? namespace : undefined)}?dryRun=All`,
    { body: object },
  );
  expect(kubesim).toEqual(real);
});
