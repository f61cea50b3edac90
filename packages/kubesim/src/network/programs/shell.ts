/**
 * A shell of a few words: simple commands with quotes and variables, separated by `;`, `&&`, `||` or line breaks.
 * Source: POSIX shell, quoting and lists.
 */
import { curl, wget } from './curl.ts';
import { cat, echo, env, hostname } from './files.ts';
import { dig, nslookup } from './lookup.ts';
import { mysql } from './mysql.ts';
import { type Execution, NOT_FOUND, type Program } from './program.ts';

const PROGRAMS: Readonly<Record<string, Program>> = {
  cat,
  curl,
  dig,
  echo,
  env,
  hostname,
  mysql,
  nslookup,
  printenv: env,
  sh: shell,
  bash: shell,
  ash: shell,
  true: async () => 0,
  false: async () => 1,
  wget,
};

const USAGE = 2;

function named(path: string): string {
  return /^(?:\/usr)?(?:\/local)?\/s?bin\//.test(path) ? (path.split('/').at(-1) ?? path) : path;
}

/** Whether a command line starts one of the programs. A shell with a script that no program is named in does not. */
export function isKnown([command = '', ...args]: readonly string[]): boolean {
  const name = named(command);
  if (!Object.hasOwn(PROGRAMS, name)) return false;
  if (PROGRAMS[name] !== shell) return true;
  const [flag, script] = args;
  if (flag !== '-c' || script === undefined) return false;
  try {
    return listOf(script).every(({ words }) => isKnown(words.map(plain)));
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Runs a command line. Returns 127, and lists the programs, if it names none of them. */
export async function run(execution: Execution, [command = '', ...args]: readonly string[]): Promise<number> {
  const name = named(command);
  const program = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  if (program) return await program(execution, args);
  const known = Object.keys(PROGRAMS).join(', ');
  execution.stderr(`exec: "${command}": executable file not found in $PATH; kubesim pods have only ${known}\n`);
  return NOT_FOUND;
}

/** A word: its parts, and whether variables are expanded in them. */
type Word = readonly { readonly text: string; readonly expands: boolean }[];

interface Command {
  /** Operator before it. */
  readonly after: ';' | '&&' | '||';
  readonly words: readonly Word[];
}

function plain(word: Word): string {
  return word.map(({ text }) => text).join('');
}

const TOKEN =
  /\s*(?:(\n|;|&&|\|\|)|((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s;&|<>()'"\\#`])(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s;&|<>()'"\\`])*)|(#[^\n]*)|(\S))/gy;
const PART = /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|([^'"\\]+)/g;
const KEYWORDS = /^(?:for|while|until|if|case|function|do|done|then|fi|\{|\})$/;

function wordOf(text: string): Word {
  return [...text.matchAll(PART)].map(([, single, double, escaped, bare]) => ({
    text: single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? bare ?? '',
    expands: double !== undefined || bare !== undefined,
  }));
}

/** @throws SyntaxError */
function listOf(script: string): Command[] {
  const commands: Command[] = [];
  let after: Command['after'] = ';';
  let words: Word[] = [];
  const end = (): void => {
    if (words.length > 0) commands.push({ after, words });
    words = [];
  };
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(script); match; match = TOKEN.exec(script)) {
    const [, operator, word, , other] = match;
    if (other !== undefined) throw new SyntaxError(`"${other}" is not supported`);
    if (operator !== undefined) {
      end();
      after = operator === '\n' ? ';' : operator === '&&' ? '&&' : operator === '||' ? '||' : ';';
    } else if (word !== undefined) {
      if (words.length === 0 && KEYWORDS.test(word)) throw new SyntaxError(`"${word}" is not supported`);
      words.push(wordOf(word));
    }
  }
  end();
  return commands;
}

function expanded({ environment }: Execution, word: Word): string {
  return word
    .map(({ text, expands }) =>
      expands ? text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, a, b) => environment.get(a ?? b) ?? '') : text,
    )
    .join('');
}

/** The exit code, or `exit` if the script ends the shell. */
async function runList(execution: Execution, script: string, last: number): Promise<{ code: number; exit?: true }> {
  let code = last;
  let commands: Command[];
  try {
    commands = listOf(script);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    execution.stderr(`sh: ${error.message}: this shell runs simple commands, joined by ; && or ||\n`);
    return { code: USAGE };
  }
  for (const { after, words } of commands) {
    if ((after === '&&' && code !== 0) || (after === '||' && code === 0)) continue;
    const [command = '', ...args] = words.map((word) => expanded(execution, word));
    if (command === 'exit') return { code: Number(args[0] ?? code) || 0, exit: true };
    code = await run(execution, [command, ...args]);
  }
  return { code };
}

/** `sh -c SCRIPT`, or commands from stdin. */
async function shell(execution: Execution, args: readonly string[]): Promise<number> {
  const words = args.filter((arg) => !/^-[il]+$/.test(arg));
  if (words[0] === '-c') return (await runList(execution, words[1] ?? '', 0)).code;
  if (words.length > 0) {
    execution.stderr(`sh: can't open '${words[0]}': No such file or directory\n`);
    return NOT_FOUND;
  }
  let code = 0;
  for (;;) {
    if (execution.tty) execution.stdout('$ ');
    const { value, done } = await execution.lines.next();
    if (done) return code;
    const ended = await runList(execution, value, code);
    code = ended.code;
    if (ended.exit) return code;
  }
}
