/** Options of a command line, in the style of the programs' own parsers. */

/** Letters and long names of an option; `value`: it takes one. */
export interface OptionRule {
  readonly names: readonly string[];
  readonly value?: true;
}

export interface Options {
  /** The last value of each option, by its first name; `''` for one without a value. */
  readonly given: ReadonlyMap<string, string>;
  /** All values of each option. */
  readonly all: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
  /** The first option that no rule has. */
  readonly unknown?: string;
}

/** Parses `-sS`, `-o FILE`, `-oFILE`, `--name VALUE` and `--name=VALUE`. */
export function parseOptions(args: readonly string[], rules: readonly OptionRule[]): Options {
  const all = new Map<string, string[]>();
  const operands: string[] = [];
  let unknown: string | undefined;
  const rest = [...args];
  const take = (name: string, attached: string | undefined): boolean => {
    const rule = rules.find(({ names }) => names.includes(name));
    if (!rule) {
      unknown ??= name;
      return true;
    }
    const value = rule.value ? (attached ?? rest.shift() ?? '') : '';
    const key = rule.names[0] ?? name;
    all.set(key, [...(all.get(key) ?? []), value]);
    return rule.value === true;
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') operands.push(...rest.splice(0));
    else if (arg.startsWith('--')) {
      const [name = '', ...value] = arg.split('=');
      take(name, value.length > 0 ? value.join('=') : undefined);
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let i = 1; i < arg.length; i++) {
        const attached = arg.slice(i + 1);
        if (take(`-${arg[i]}`, attached === '' ? undefined : attached)) break;
      }
    } else operands.push(arg);
  }
  const given = new Map([...all].map(([name, values]) => [name, values.at(-1) ?? '']));
  return { given, all, operands, ...(unknown !== undefined && { unknown }) };
}
