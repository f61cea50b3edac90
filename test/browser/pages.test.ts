/** The page in Chromium, over a server in memory: what every page has to be. */
import { source as axe } from 'axe-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, openBrowser, openPage, type Page } from '../support/console/browser.ts';
import { lost, serviceSummary, smallClusterset } from '../support/console/clusterset-fixture.ts';
import { type FakeConsole, openFakeConsole } from '../support/console/fake-console.ts';

const PAGES = [
  ['/', 'Overview', '总览'],
  ['/services', 'Services', '服务'],
  ['/services/shop/cart', 'shop/cart', 'shop/cart'],
  ['/create?provider=frankfurt&namespace=shop&name=cart', 'Create multi-cluster Service', '创建多集群服务'],
  ['/members', 'Members', '成员集群'],
  ['/members/osaka', 'osaka', 'osaka'],
  ['/conflicts', 'Conflicts', '冲突'],
  ['/topology', 'Topology', '拓扑'],
  ['/writes', 'Writes', '写入记录'],
  ['/nowhere', 'Not found', '未找到'],
] as const;

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** Violations of WCAG 2.2 A and AA, and of the best practices of axe. */
async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  const result = await page.evaluate<AxeResult>('axe.run(document)');
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

describe('the console', () => {
  let browser: Browser;
  let server: FakeConsole;
  beforeAll(async () => {
    browser = await openBrowser();
    const clusterset = smallClusterset();
    clusterset.members = clusterset.members.map((each) => (each.name === 'oregon' ? lost(each) : each));
    server = await openFakeConsole(clusterset);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  describe.each([
    ['light', 'en-US'],
    ['dark', 'zh-CN'],
  ] as const)('in %s, %s', (colorScheme, locale) => {
    it.each(PAGES)('shows %s by its URL, accessible and without errors', async (path, english, chinese) => {
      const { page, errors } = await openPage(browser, server.url + path, { colorScheme, locale });
      const title = locale === 'en-US' ? english : chinese;
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      await page.locator('main [role=status]').first().waitFor({ state: 'detached' });
      expect(await violationsOf(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.dataset.theme')).toBe(colorScheme);
      expect(await page.title()).toBe(`${title} · Catamaran`);
      expect(errors).toEqual([]);
      await page.context().close();
    });
  });

  it.each([
    [360, 740],
    [3840, 2160],
  ])('fits a window of %i pixels', async (width, height) => {
    for (const [path] of PAGES) {
      const { page } = await openPage(browser, server.url + path, { viewport: { width, height } });
      await page.getByRole('heading', { level: 1 }).waitFor();
      const wider = await page.evaluate<number>(
        "[...document.querySelectorAll('html, main')].filter((each) => each.scrollWidth > each.clientWidth).length",
      );
      expect(`${path}: ${wider}`).toBe(`${path}: 0`);
      await page.context().close();
    }
  });

  it('is used by keyboard alone', async () => {
    const { page, errors } = await openPage(browser, server.url);
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement?.id')).toBe('main');

    await page.keyboard.press('/');
    await page.locator('#search:focus').waitFor();
    await page.keyboard.type('cart');
    await page.waitForURL('**/services?q=cart');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/services/shop/cart');

    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    for (const key of ['g', 'm']) await page.keyboard.press(key);
    await page.getByRole('heading', { level: 1, name: 'Members' }).waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('shows what has the focus', async () => {
    const { page } = await openPage(browser, server.url);
    await page
      .getByRole('link', { name: /shop\/cart/ })
      .first()
      .waitFor();
    await page.keyboard.press('j');
    const outline = await page.evaluate<string>(
      "(({ outlineStyle, outlineWidth }) => outlineStyle + ' ' + outlineWidth)(getComputedStyle(document.activeElement))",
    );
    expect(outline).toBe('solid 2px');
    await page.context().close();
  });

  it('keeps the chosen theme and language', async () => {
    const { page } = await openPage(browser, server.url);
    await page.getByRole('radio', { name: 'Dark' }).click();
    await page.getByRole('radio', { name: '中' }).click();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: '总览' }).waitFor();
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    await page.context().close();
  });

  it('does not move if the user prefers so', async () => {
    const { page } = await openPage(browser, `${server.url}/create`, { reducedMotion: 'reduce' });
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await page.evaluate('document.getAnimations().length')).toBe(0);
    await page.context().close();
  });
});

describe('a page that is open', () => {
  let browser: Browser;
  let server: FakeConsole;
  let page: Page;
  beforeAll(async () => {
    browser = await openBrowser();
    server = await openFakeConsole(smallClusterset());
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  it('shows a change within a second', async () => {
    ({ page } = await openPage(browser, `${server.url}/services`));
    await page.getByRole('link', { name: /shop\/checkout/ }).waitFor();
    await page.getByText('Live').waitFor();
    server.clusterset.services.push(serviceSummary('shop', 'wishlist', ['osaka'], ['sydney']));
    const began = performance.now();
    server.changed({ services: ['shop/wishlist'] });
    await page.getByRole('link', { name: /shop\/wishlist/ }).waitFor();
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('shows a lost member at once, on every page', async () => {
    const topology = (await openPage(browser, `${server.url}/topology`)).page;
    await topology.getByText('Live').waitFor();
    await topology.locator('.react-flow__node').first().waitFor();
    server.clusterset.members = server.clusterset.members.map((each) => (each.name === 'osaka' ? lost(each) : each));
    server.changed({ members: ['osaka'] });
    await page.getByTitle('osaka: Unreachable').waitFor();
    await topology.locator('.react-flow__node', { hasText: 'osaka' }).getByText('Unreachable').waitFor();
    await topology.context().close();
  });

  it('says that the connection is lost, and catches up', async () => {
    await server.disconnect();
    await page.getByText(/Connection lost. Showing data from/).waitFor();
    await page.getByRole('link', { name: /shop\/wishlist/ }).waitFor();
    server.clusterset.services = server.clusterset.services.filter(({ name }) => name !== 'wishlist');
    await server.reconnect();
    await page.getByText('Connected again. All data is current.').waitFor();
    await page.getByRole('link', { name: /shop\/wishlist/ }).waitFor({ state: 'detached' });
    await page.getByText(/Connection lost/).waitFor({ state: 'detached' });
  });

  it('shows what an unexport would do before it does it', async () => {
    await page.goto(`${server.url}/services/shop/cart`);
    await page.getByRole('button', { name: 'Unexport from osaka' }).click();
    const dialog = page.getByRole('dialog', { name: 'Unexport from osaka' });
    await dialog.getByText('Endpoints of frankfurt stay.').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    expect(server.clusterset.services.find(({ name }) => name === 'cart')?.exports).toHaveLength(2);
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('1 export', { exact: true }).waitFor();
  });

  it('creates a multi-cluster Service, warns of a conflict, and follows it to a request that succeeds', async () => {
    await page.goto(`${server.url}/`);
    await page.getByRole('link', { name: 'Create', exact: true }).click();
    await page.getByRole('radio', { name: 'frankfurt' }).check();
    await page.getByLabel('Namespace', { exact: true }).selectOption('shop');
    await page.getByRole('radio', { name: /^cart/ }).check();
    await page.getByText('The export will be in conflict').waitFor();
    expect(await page.getByRole('button', { name: 'Create', exact: true }).isDisabled()).toBe(true);

    await page.getByRole('radio', { name: /^billing/ }).check();
    await page.getByText('kind: ServiceExport').waitFor();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByText('http://amcs-billing.shop/ answered with 200').waitFor();
    await page.getByText('hello from frankfurt').waitFor();
    expect(await page.locator('[data-outcome=done]').count()).toBe(6);
    expect(await page.locator('[data-outcome=waiting]').count()).toBe(0);
    await page.getByRole('link', { name: 'Open the Service' }).click();
    await page.getByRole('heading', { level: 1, name: 'shop/billing' }).waitFor();
  });

  it('shows names with markup and control characters as they are', async () => {
    const name = '<script>alert(1)</script>\u202e\u0007';
    server.clusterset.services.unshift(serviceSummary('evil', name, ['osaka'], []));
    const { page: other, errors } = await openPage(browser, `${server.url}/services?q=evil`);
    await other.getByText('<script>alert(1)</script>\\u{202e}\\u{7}').waitFor();
    expect(errors).toEqual([]);
    await other.context().close();
  });
});
