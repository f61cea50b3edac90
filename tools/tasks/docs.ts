/** `make docs`: writes the generated parts of `docs/reference`, the Helm chart, and deploy/monitoring. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { REFERENCE } from '../codegen/reference.ts';
import { ROOT } from '../paths.ts';

for (const { file, render } of REFERENCE) {
  const path = join(ROOT, file);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const after = await render(before);
  if (after === before) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, after);
  console.log(`${file}: written`);
}
