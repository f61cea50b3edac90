/** The page about a run of the conformance suite, from the suite's report. */
import { parse } from 'yaml';
import { z } from 'zod';

const testSchema = z.object({
  desc: z.string(),
  ref: z.string(),
  labels: z.array(z.string()),
  passed: z.boolean(),
  skipped: z.boolean(),
  conformant: z.boolean(),
  message: z.string(),
});

const reportSchema = z.object({
  groups: z.array(z.object({ name: z.string(), tests: z.array(testSchema) })),
  suitefailure: z.string(),
  passed: z.number(),
  total: z.number(),
});

/** The suite's report.yaml. */
export type ConformanceReport = z.infer<typeof reportSchema>;

/** Facts of a run that are not in the report. */
export interface RunFacts {
  /** The suite's version or commit. */
  readonly suite: string;
  readonly catamaran: string;
  /** YYYY-MM-DD */
  readonly date: string;
  /** One line per fact. */
  readonly environment: readonly string[];
}

/** Parses a report.yaml. @throws ZodError if it is invalid. */
export function parseReport(yaml: string): ConformanceReport {
  return reportSchema.parse(parse(yaml));
}

/** In Markdown. */
export function conformancePage(report: ConformanceReport, facts: RunFacts): string {
  const groups = report.groups.map(({ name, tests }) => {
    const rows = tests.map(({ desc, ref, labels, ...result }) => {
      const spec = ref === '' ? cell(desc) : `[${cell(desc)}](${ref})`;
      return `| ${outcome(result)} | ${labels.join(', ')} | ${spec} |`;
    });
    const passed = tests.filter((test) => test.passed).length;
    const title = `## ${name}: ${passed} of ${tests.length} passed`;
    return [title, '', '| Result | Labels | Spec |', '| --- | --- | --- |', ...rows].join('\n');
  });
  return `# MCS-API conformance

${report.passed} of ${report.total} specs of the upstream conformance suite passed.${report.suitefailure && ` The suite failed: ${report.suitefailure}`}

- Suite: [kubernetes-sigs/mcs-api](https://github.com/kubernetes-sigs/mcs-api), folder conformance, ${facts.suite}
- Catamaran: ${facts.catamaran}
- Date: ${facts.date}
${facts.environment.map((line) => `- ${line}`).join('\n')}

The suite's own reports are [report.html](report.html) and [report.yaml](report.yaml). \`make conformance\` writes both and this page.

${groups.join('\n\n')}

## Run it

As root on Linux, like \`make lab\`. The suite is not published as a Go module, so compile it from its repository:

\`\`\`sh
git clone https://github.com/kubernetes-sigs/mcs-api
cd mcs-api/conformance
go test -c -o /tmp/conformance.test .
\`\`\`

Then, in this repository:

\`\`\`sh
make conformance SUITE=/tmp/conformance.test SUITE_VERSION="commit $(git -C .../mcs-api rev-parse HEAD)"
\`\`\`

It uses the running lab, or starts one with two clusters and removes it. All traffic stays in the lab's network.
`;
}

function outcome(test: Pick<z.infer<typeof testSchema>, 'passed' | 'skipped' | 'conformant' | 'message'>): string {
  const word = test.passed ? 'passed' : test.skipped ? 'skipped' : test.conformant ? 'unknown' : 'failed';
  return cell(word + test.message);
}

/** Escapes the text of a table cell: a bar would end it, and a name in angle brackets would be HTML. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/\s+/g, ' ');
}
