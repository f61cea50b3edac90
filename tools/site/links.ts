/**
 * Links of documents to files of the repository that are not pages, such as sources and examples. They lead to copies in
 * the site, so that it is complete without a network.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = join(ROOT, 'site-files');

/** The parts of markdown-it that are used here. */
interface Token {
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}
type Rule = (tokens: Token[], index: number, options: object, env: { path?: string }, self: Renderer) => string;
interface Renderer {
  renderToken(tokens: Token[], index: number, options: object): string;
}
interface MarkdownIt {
  readonly core: {
    readonly ruler: { before(rule: string, name: string, change: (state: { src: string }) => void): void };
  };
  readonly renderer: { readonly rules: { link_open?: Rule } };
}

function isPage(path: string): boolean {
  return path.endsWith('.md') && !path.startsWith('tools/') && !path.startsWith('test/');
}

/** Copies a file, or the list of a folder, and returns its path in the site. */
function copied(path: string): string {
  const full = join(ROOT, path);
  const isFolder = statSync(full).isDirectory();
  const name = isFolder
    ? `${path.replace(/\/$/, '')}.txt`
    : /\.(svg|html|json|yaml)$/.test(path)
      ? path
      : `${path}.txt`;
  const target = join(FILES, name);
  mkdirSync(dirname(target), { recursive: true });
  if (isFolder) writeFileSync(target, `${readdirSync(full).join('\n')}\n`);
  else copyFileSync(full, target);
  return `/files/${name}`;
}

/** The target of a link in a document; the link itself if it leads to a page, a part of one, or another site. */
function targetOf(href: string, document: string): string {
  if (/^(?:[a-z]+:|#|\/)/i.test(href)) return href;
  const [file = ''] = href.split('#');
  const path = relative(ROOT, join(dirname(document), decodeURIComponent(file)));
  if (!existsSync(join(ROOT, path))) throw new Error(`${relative(ROOT, document)}: dead link: ${href}`);
  if (isPage(path)) return href;
  const readme = join(path, 'README.md');
  if (existsSync(join(ROOT, readme)) && isPage(readme)) return href.replace(/\/?(#|$)/, '/README.md$1');
  return copied(path);
}

export function plugins(md: MarkdownIt): void {
  // Marks of generated parts.
  md.core.ruler.before('normalize', 'comments', (state) => {
    state.src = state.src.replace(/^<!--.*-->$/gm, '');
  });
  const { rules } = md.renderer;
  const original = rules.link_open;
  rules.link_open = (tokens, index, options, env, self) => {
    const token = tokens[index];
    const href = token?.attrGet('href');
    if (token && href && env.path !== undefined) {
      const target = targetOf(href, env.path);
      token.attrSet('href', target);
      if (target.startsWith('/files/')) {
        token.attrSet('target', '_self');
        return self.renderToken(tokens, index, options);
      }
    }
    return original?.(tokens, index, options, env, self) ?? self.renderToken(tokens, index, options);
  };
}
