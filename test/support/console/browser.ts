/** Chromium, with pages that report what a user of the console would never see: errors and refused content. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { installChromium } from '../../../tools/browser/chromium.ts';

export type { Browser, Page };

export interface OpenPage {
  readonly page: Page;
  /** Uncaught errors, errors of the browser's console, and violations of the Content-Security-Policy. */
  readonly errors: readonly string[];
}

/** `own` is the path of another browser. */
export async function openBrowser(own: string | undefined = process.env.CHROMIUM): Promise<Browser> {
  const { path, environment } = await installChromium(() => {}, own);
  return await chromium.launch({
    executablePath: path,
    env: { ...process.env, ...environment },
    // Root has no sandbox; the pages are those of this repository.
    args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
  });
}

export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
}
