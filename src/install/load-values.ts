/** Values files of an installation, in the format of the Helm chart. */
import { readFile } from 'node:fs/promises';
import { isJsonObject, type Json, type JsonObject } from '../api/json.ts';
import { describeIssue, offsetOf, problemMaker } from '../config/problems.ts';
import { nearest } from '../config/suggest.ts';
import { CatamaranError, ErrorList, type Problem } from '../runtime/errors.ts';
import { messageOf } from '../runtime/thrown.ts';
import { parseYaml } from '../runtime/yaml.ts';
import { valuesSchema } from './chart-values.ts';

/** @throws CTM_VALUES with all problems, each with its line and column. */
export async function loadValues(file: string): Promise<JsonObject> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new CatamaranError('CTM_VALUES', `${file}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return parseValues(text, file);
}

export function parseValues(text: string, file: string): JsonObject {
  const { value, document, lines, problems } = parseYaml(text);
  const problem = problemMaker(file, lines);
  const found: Problem[] = problems.map(({ message, offset }) => problem('CTM_VALUES', offset, [], message));
  if (found.length > 0) throw new ErrorList('CTM_VALUES', found);
  // An empty file changes nothing.
  const values = value ?? {};
  const parsed = valuesSchema.safeParse(values, { error: describeIssue });
  if (!parsed.success) {
    const issues = parsed.error.issues.flatMap((issue): Problem[] => {
      const at = offsetOf(document, issue.path);
      if (issue.code !== 'unrecognized_keys') return [problem('CTM_VALUES', at, issue.path, issue.message)];
      return issue.keys.map((key) => problem('CTM_VALUES', at, [...issue.path, key], unknownField(issue.path, key)));
    });
    throw new ErrorList('CTM_VALUES', issues);
  }
  // Values that the schema accepts are JSON; defaults are left to the manifests.
  const json = values as Json;
  return isJsonObject(json) ? json : {};
}

function unknownField(path: readonly PropertyKey[], key: string): string {
  const known = path.length === 0 ? Object.keys(valuesSchema.shape) : [];
  const near = nearest(key, known);
  return `unknown field${near === undefined ? '' : `; did you mean ${near}?`}`;
}
