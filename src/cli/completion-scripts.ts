/** Scripts that complete commands, options and choices in a shell. They are static: no completion starts this program. */
import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Choice {
  /** `--output`, `-o` */
  readonly flags: readonly string[];
  readonly values: readonly string[];
}

/** One command as a shell sees it. */
interface Node {
  /** `catamaran dns enable` */
  readonly path: string;
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly Option[];
  readonly choices: readonly Choice[];
}

function flagsOf({ short, long }: Option): readonly string[] {
  return [long, short].filter((flag) => flag !== undefined);
}

function nodesOf(command: Command, path: string): readonly Node[] {
  const subcommands = command.commands.map((each) => ({ name: each.name(), description: each.description() }));
  const arguments_ = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  const options = command.options.filter(({ hidden }) => !hidden);
  const node: Node = {
    path,
    subcommands: [...subcommands, ...arguments_.map((name) => ({ name, description: '' }))],
    options,
    choices: options.flatMap((option) =>
      option.argChoices ? [{ flags: flagsOf(option), values: option.argChoices }] : [],
    ),
  };
  return [node, ...command.commands.flatMap((each) => nodesOf(each, `${path} ${each.name()}`))];
}

/** Names of functions and variables, which have no spaces. */
function identifier(name: string): string {
  return name.replace(/\W/g, '_');
}

/** Cases of a shell: those of the commands below the first, of the choices of options, and of all commands. */
function cases(nodes: readonly Node[], answer: (words: readonly string[]) => string) {
  const deeper = nodes.slice(1).map(({ path }) => `"${path}"`);
  return {
    step: deeper.length === 0 ? '' : `      ${deeper.join('|')}) at="$at $word" ;;\n`,
    choices: nodes
      .flatMap(({ path, choices }) =>
        choices.map(({ flags, values }) => {
          const patterns = flags.map((flag) => `"${path} ${flag}"`).join('|');
          return `    ${patterns}) ${answer(values)}; return ;;\n`;
        }),
      )
      .join(''),
    words: nodes
      .map(({ path, subcommands, options }) => {
        const flags = options.flatMap(({ long }) => long ?? []);
        return `    "${path}") ${answer([...subcommands.map(({ name }) => name), ...flags, '--help'])} ;;\n`;
      })
      .join(''),
  };
}

function bash(nodes: readonly Node[], program: string): string {
  const { step, choices, words } = cases(nodes, (list) => `COMPREPLY=($(compgen -W "${list.join(' ')}" -- "$cur"))`);
  const name = `_${identifier(program)}`;
  return `# bash completion of ${program}: source <(${program} completion bash)
${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="${program}" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
${step}    esac
  done
  case "$at $prev" in
${choices}  esac
  case "$at" in
${words}  esac
}
complete -o default -F ${name} ${program}
`;
}

function zsh(nodes: readonly Node[], program: string): string {
  const { step, choices, words } = cases(nodes, (list) => `compadd -- ${list.join(' ')}`);
  const name = `_${identifier(program)}`;
  return `#compdef ${program}
# zsh completion of ${program}: ${program} completion zsh > "\${fpath[1]}/_${program}"
${name}() {
  local prev="\${words[CURRENT-1]}" at="${program}" word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
${step}    esac
  done
  case "$at $prev" in
${choices}  esac
  [[ "$prev" == -* ]] && _files
  case "$at" in
${words}  esac
}
if [ "$funcstack[1]" = "${name}" ]; then ${name} "$@"; else compdef ${name} ${program}; fi
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function fish(nodes: readonly Node[], program: string): string {
  const at = `__${identifier(program)}_at`;
  const paths = nodes.map(({ path }) => quoted(path)).join(' ');
  const lines = nodes.flatMap(({ path, subcommands, options }) => {
    const start = `complete -c ${program} -n "${at} ${quoted(path)}"`;
    return [
      ...subcommands.map(({ name, description }) => `${start} -f -a ${quoted(name)} -d ${quoted(description)}`),
      ...options.map(({ short, long, description, argChoices, required }) => {
        const flags = [short && `-s ${short.slice(1)}`, long && `-l ${long.slice(2)}`].filter(Boolean).join(' ');
        const value = argChoices ? ` -x -a ${quoted(argChoices.join(' '))}` : required ? ' -r' : '';
        return `${start} ${flags}${value} -d ${quoted(description)}`;
      }),
    ];
  });
  return `# fish completion of ${program}: ${program} completion fish | source
function ${at}
  set -l at ${program}
  for word in (commandline -opc)[2..]
    contains -- "$at $word" ${paths}; and set at "$at $word"
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}

/** `program` is the name by which a shell starts it. */
export function completionScript(root: Command, program: string, shell: Shell): string {
  const scripts = { bash, zsh, fish };
  return scripts[shell](nodesOf(root, program), program);
}
