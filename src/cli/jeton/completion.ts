// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton completion`: a shell's completion, made of the command tree itself. */
import { Argument, Command } from "commander";

import { teaching } from "./help.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

interface Node {
  /** Its words, without the program's name. */
  readonly path: string;
  readonly commands: readonly (readonly [name: string, description: string])[];
  readonly options: readonly (readonly [name: string, description: string, takesFile: boolean, takesValue: boolean])[];
  /** Arguments of its own are files, wherever there are any. */
  readonly takesFiles: boolean;
}

/** The first sentence, as a shell shows it. */
const short = (text: string): string => (text.split(/[.;:\n]/)[0] ?? "").replaceAll(/["'`$\\[\]]/g, "");

function nodesOf(command: Command, path: string): Node[] {
  const node: Node = {
    path,
    commands: command.commands.map((each) => [each.name(), short(each.description())] as const),
    options: [
      ...command.options.map(
        ({ long, description, flags, required, optional }) =>
          [long ?? "", short(description), /<(file|folder)>|\[folder\]/.test(flags), required || optional] as const,
      ),
      ["--help", "display help", false, false] as const,
    ].filter(([name]) => name !== ""),
    takesFiles: command.registeredArguments.some(({ argChoices }) => argChoices === undefined),
  };
  const below = command.commands.flatMap((each) => nodesOf(each, `${path} ${each.name()}`.trim()));
  return [node, ...below];
}

/** Follows the words that are commands, and offers what is there. */
function bash(nodes: readonly Node[]): string {
  const list = (names: readonly (readonly [string, ...unknown[]])[]): string => names.map(([name]) => name).join(" ");
  const where = nodes.map(({ path, commands, options, takesFiles }) => {
    const files = options.filter(([, , takesFile]) => takesFile).map(([name]) => name);
    const values = options.filter(([, , takesFile, takesValue]) => takesValue && !takesFile).map(([name]) => name);
    return `    "${path}") commands="${list(commands)}" options="${list(options)}" files=" ${files.join(" ")} " values=" ${values.join(" ")} " free="${takesFiles ? "1" : ""}" ;;`;
  });
  const paths = nodes.map(({ path }) => `"${path}"`).join("|");
  return `# bash completion of jeton; made by "jeton completion bash"
_jeton() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word longer index
  local commands options files values free
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    longer="\${path:+$path }$word"
    case "$longer" in
      ${paths}) path="$longer" ;;
    esac
  done
  case "$path" in
${where.join("\n")}
  esac
  COMPREPLY=()
  if [[ "$files" == *" $previous "* ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
  elif [[ "$previous" == --* && "$values" == *" $previous "* ]]; then
    return
  elif [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$commands" -- "$current"))
    if [[ -n "$free" ]]; then COMPREPLY+=($(compgen -f -- "$current")); fi
  fi
}
complete -o filenames -F _jeton jeton
`;
}

function zsh(nodes: readonly Node[]): string {
  const described = (pairs: readonly (readonly [string, string, ...unknown[]])[]): string =>
    pairs.map(([name, description]) => `'${name}:${description}'`).join(" ");
  const where = nodes.map(
    ({ path, commands, options }) =>
      `    "${path}") commands=(${described(commands)}) options=(${described(options)}) ;;`,
  );
  const paths = nodes.map(({ path }) => `"${path}"`).join("|");
  return `#compdef jeton
# zsh completion of jeton; made by "jeton completion zsh"
_jeton() {
  local path="" word longer
  local -a commands options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    longer="\${path:+$path }$word"
    case "$longer" in
      ${paths}) path="$longer" ;;
    esac
  done
  case "$path" in
${where.join("\n")}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe option options
  elif (( \${#commands} )); then
    _describe command commands
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == "_jeton" ]]; then _jeton "$@"; else compdef _jeton jeton; fi
`;
}

function fish(nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ path, commands, options }) => {
    const words = path === "" ? [] : path.split(" ");
    const not =
      commands.length === 0 ? "" : `; and not __fish_seen_subcommand_from ${commands.map(([name]) => name).join(" ")}`;
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
    const condition = seen === "" ? `true${not}` : `${seen}${not}`;
    return [
      ...commands.map(([name, description]) => `complete -c jeton -f -n "${condition}" -a ${name} -d '${description}'`),
      ...options.map(
        ([name, description, takesFile, takesValue]) =>
          `complete -c jeton -n "${condition}" -l ${name.slice(2)}${takesFile ? " -r -F" : takesValue ? " -x" : ""} -d '${description}'`,
      ),
    ];
  });
  return `# fish completion of jeton; made by "jeton completion fish"\n${lines.join("\n")}\n`;
}

const WRITERS: Readonly<Record<Shell, (nodes: readonly Node[]) => string>> = { bash, zsh, fish };

/** The script of a shell, for this command tree. */
export const completionOf = (program: Command, shell: Shell): string => WRITERS[shell](nodesOf(program, ""));

const ABOUT = `It completes the command "jeton": "npm link", or alias jeton="npx jeton", gives it its name. In bash, ~/.bashrc sources the file; zsh and fish find theirs.`;

export const completionCommand = (program: () => Command): Command =>
  teaching(
    new Command("completion")
      .description("print a shell's completion of these commands and options")
      .addArgument(new Argument("<shell>").choices(SHELLS))
      .action((shell: Shell) => void process.stdout.write(completionOf(program(), shell))),
    {
      about: ABOUT,
      examples: [
        "completion bash > ~/.jeton.bash # source ~/.jeton.bash",
        'completion zsh > "${fpath[1]}/_jeton"',
        "completion fish > ~/.config/fish/completions/jeton.fish",
      ],
    },
  );
