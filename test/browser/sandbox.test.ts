/** The console of a sandbox in Chromium: from a Service in one cluster to a request from another that succeeds. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, openBrowser, openPage, type Page } from '../support/console/browser.ts';
import { type RunningSandbox, runSandbox } from '../support/sandbox/running-sandbox.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLE = join(ROOT, 'examples/ack-cli');
/** `make screenshots` writes those of the documents. */
const SCREENSHOTS = process.env.SCREENSHOTS ? join(ROOT, 'docs/images') : join(ROOT, '.cache/screenshots');

describe('the console of a sandbox', () => {
  let sandbox: RunningSandbox;
  let browser: Browser;
  let page: Page;
  let origin: string;
  let errors: readonly string[];

  async function succeed(...command: readonly string[]): Promise<void> {
    const { code, stderr } = await sandbox.call(...command);
    expect(`${code} ${stderr}`).toBe('0 ');
  }

  async function screenshot(name: string, scheme: 'light' | 'dark' = 'light'): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await page.emulateMedia({ colorScheme: scheme });
    await page.evaluate('document.fonts.ready');
    await page.screenshot({ path: join(SCREENSHOTS, `console-${name}.png`), animations: 'disabled' });
    await page.emulateMedia({ colorScheme: 'light' });
  }

  beforeAll(async () => {
    [browser, sandbox] = await Promise.all([openBrowser(), runSandbox('--clusters', '3')]);
    for (const cluster of ['cluster1', 'cluster2', 'cluster3']) {
      await succeed('apply', '--to', cluster, '-f', join(EXAMPLE, 'namespace.yaml'));
    }
    await succeed('apply', '--to', 'cluster1', '-f', join(EXAMPLE, 'app-meta.yaml'));
    const url = /http:\/\/\S+\?code=\S+/.exec(sandbox.printed())?.[0] ?? '';
    ({ page, errors } = await openPage(browser, url, { viewport: { width: 1280, height: 800 } }));
    origin = new URL(page.url()).origin;
  });
  afterAll(async () => {
    await browser?.close();
    await sandbox?.stop();
  });

  it('opens with the printed address, whose code is in no URL and cookie afterwards', async () => {
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    expect(page.url()).toBe(`${origin}/`);
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.getByText('No Service is exported yet.').waitFor();
  });

  it('creates a multi-cluster Service by clicks, and a request succeeds', async () => {
    await page.getByRole('link', { name: 'Create', exact: true }).click();
    await page.getByRole('radio', { name: 'cluster1' }).check();
    await page.getByLabel('Namespace', { exact: true }).selectOption('provider-ns');
    await page.getByRole('radio', { name: /^service1/ }).check();
    await page.getByText('kind: ServiceExport').waitFor();
    await page.getByText('kind: ServiceImport').first().waitFor();
    await screenshot('create');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByText(/answered with 200/).waitFor();
    await page.locator('[data-outcome=waiting]').first().waitFor({ state: 'detached' });
    await screenshot('progress', 'dark');
    await page.getByRole('link', { name: 'Open the Service' }).click();
    await page.getByRole('heading', { level: 1, name: 'provider-ns/service1' }).waitFor();
    await page.getByText('Requests can be answered.').waitFor();
    await screenshot('service');
  });

  it('sends a request again from a consumer', async () => {
    await page.getByRole('button', { name: 'Send a request: cluster3' }).click();
    await page.getByText(/answered with 200/).waitFor();
  });

  it('shows a page by its URL', async () => {
    await page.goto(`${origin}/services?q=service1&member=cluster2`);
    await page.getByRole('link', { name: /provider-ns\/service1/ }).waitFor();
    await page.getByText('1 Service', { exact: true }).waitFor();
  });

  it('shows a cluster that is cut off, and that it is back', async () => {
    await page.goto(`${origin}/topology`);
    const node = page.locator('.react-flow__node', { hasText: 'cluster1' });
    await node.waitFor();
    await succeed('partition', 'cluster1');
    await node.getByText('Unreachable').waitFor();
    await screenshot('topology', 'dark');
    await page.goto(`${origin}/`);
    await page.getByRole('region', { name: 'Needs attention' }).getByText('cluster1').first().waitFor();
    await screenshot('overview');
    await succeed('heal', 'cluster1');
    await page.getByText('Unreachable').first().waitFor({ state: 'detached' });
  });

  it('shows a conflict, and resolves it by an unexport', async () => {
    await succeed('apply', '--to', 'cluster2', '-f', join(import.meta.dirname, 'conflicting.yaml'));
    await page.goto(`${origin}/conflicts`);
    const panel = page.getByRole('region', { name: 'provider-ns/service1' });
    await panel.getByText('PortConflict').waitFor();
    await screenshot('conflicts');
    await panel.getByRole('link', { name: /Open the Service/ }).click();
    await page.getByRole('button', { name: 'Unexport from cluster2' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Endpoints of cluster1 stay.').waitFor();
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.goto(`${origin}/conflicts`);
    await page.getByText('All exports agree.').waitFor();
  });

  it('has a log of what the controller wrote, and why', async () => {
    await page.goto(`${origin}/writes`);
    await page
      .getByRole('row', { name: /cluster2.*amcs-service1/ })
      .first()
      .waitFor();
    await screenshot('writes', 'dark');
  });

  it('showed no error of the browser', () => {
    expect(errors).toEqual([]);
  });
});
