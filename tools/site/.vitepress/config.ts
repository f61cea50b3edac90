/** The site: all documents of the repository. A link to anything that does not exist fails the build. */
import { plugins } from '../links.ts';

const guide = (text: string, name: string) => ({ text, link: `/docs/guides/${name}` });
const reference = (text: string, name: string) => ({ text, link: `/docs/reference/${name}` });
const start = (text: string, name: string) => ({ text, link: `/docs/start/${name}` });

export default {
  title: 'Catamaran',
  description: 'Kubernetes multi-cluster Services on any cluster',
  srcDir: '../..',
  outDir: '../../site',
  cacheDir: '../../.cache/site/cache',
  srcExclude: ['{tools,test,release,coverage,dist,site,examples/kubesim-vitest}/**', 'packages/*/!(README).md'],
  rewrites: {
    'README.md': 'index.md',
    'docs/start/README.md': 'docs/start/index.md',
    'docs/adr/README.md': 'docs/adr/index.md',
    'docs/conformance/README.md': 'docs/conformance/index.md',
  },
  // No analytics, fonts or search service: everything is in the folder.
  cleanUrls: false,
  lastUpdated: false,
  // Text such as <name> is text.
  markdown: { html: false, config: plugins },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/docs/start/' },
      { text: 'Reference', link: '/docs/reference/cli' },
      { text: '中文', link: '/README.zh-CN' },
    ],
    sidebar: [
      {
        text: 'Getting started',
        items: [
          start('Overview', ''),
          guide('Sandbox', 'sandbox'),
          start('kind', 'kind'),
          start('EKS', 'eks'),
          start('GKE', 'gke'),
          start('AKS', 'aks'),
          start('ACK', 'ack'),
          guide('Install', 'install'),
        ],
      },
      {
        text: 'Walk-throughs',
        items: [
          guide('ACK One, CLI', 'ack-cli'),
          guide('ACK One, headless', 'ack-headless'),
          guide('Cilium', 'cilium'),
          guide('Words of ACK and Cilium', 'words'),
          guide('Migration', 'migration'),
        ],
      },
      {
        text: 'Operate',
        items: [
          guide('DNS', 'dns'),
          guide('Operations', 'operations'),
          guide('Troubleshooting', 'troubleshooting'),
          guide('Security model', 'security'),
          guide('Trust', 'trust'),
          guide('Gateways', 'gateways'),
          guide('GitOps', 'gitops'),
        ],
      },
      {
        text: 'Reference',
        items: [
          reference('Commands', 'cli'),
          reference('fleet.yaml', 'fleet'),
          reference('Conditions', 'conditions'),
          reference('Errors', 'errors'),
          reference('Metrics', 'metrics'),
          reference('Semantics', 'semantics'),
          reference('DNS', 'dns'),
          reference('CRDs', 'crds'),
          reference('Values of the chart', 'values'),
          reference('Versions', 'versions'),
          reference('Interoperability', 'interop'),
        ],
      },
      {
        text: 'Project',
        items: [
          { text: 'Architecture', link: '/ARCHITECTURE' },
          { text: 'Questions and answers', link: '/docs/faq' },
          { text: 'Decisions', link: '/docs/adr/' },
          { text: 'Track record', link: '/docs/track-record' },
          { text: 'Conformance', link: '/docs/conformance/' },
          { text: 'Contributing', link: '/CONTRIBUTING' },
          { text: 'Security', link: '/SECURITY' },
          { text: 'Changelog', link: '/CHANGELOG' },
        ],
      },
    ],
  },
};
