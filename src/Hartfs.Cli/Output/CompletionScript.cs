using System.CommandLine;
using System.Text;
using Hartfs.Cli.Mounting;

namespace Hartfs.Cli.Output;

/// <summary>Completion scripts: commands, their options, mount options; paths for everything else.</summary>
internal static class CompletionScript
{
    public static string Make(string shell, RootCommand root) => shell switch
    {
        "bash" => Bash(root),
        "zsh" => Zsh(root),
        _ => Fish(root),
    };

    /// <summary>Mount options as they are typed: "ro", "cache=".</summary>
    public static IEnumerable<string> MountOptionWords =>
        from row in MountOptionList.Documented
        from name in row.Name.Split(',', StringSplitOptions.TrimEntries)
        where !name.Contains('…', StringComparison.Ordinal)
        select name.Contains('=', StringComparison.Ordinal)
            ? name[..(name.IndexOf('=', StringComparison.Ordinal) + 1)]
            : name;

    private static IEnumerable<Command> Visible(RootCommand root) => root.Subcommands.Where(each => !each.Hidden);

    private static IEnumerable<Option> OptionsOf(Command command, RootCommand root) =>
        command.Options.Concat(command.Subcommands.SelectMany(each => each.Options)).DistinctBy(each => each.Name)
            .Concat(root.Options.Where(each => each.Recursive)).Where(each => !each.Hidden);

    private static IEnumerable<string> NamesOf(Option option) =>
        option.Aliases.Where(name => name[0] == '-' && !name.Contains('?', StringComparison.Ordinal))
            .Prepend(option.Name);

    private static string Bash(RootCommand root)
    {
        var text = new StringBuilder();
        text.Append("# bash completion of hartfs\n_hartfs() {\n");
        text.Append("  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} options=\n");
        text.Append("  if [[ $COMP_CWORD -eq 1 ]]; then\n");
        text.Append($"    COMPREPLY=($(compgen -W '{Join(Visible(root).Select(each => each.Name))} --help")
            .Append(" --version' -- \"$word\"))\n    return\n  fi\n");
        text.Append("  if [[ $previous == -o || $previous == --options ]]; then\n    compopt -o nospace\n");
        text.Append("    local before=\n    [[ $word == *,* ]] && before=${word%,*},\n");
        text.Append($"    COMPREPLY=($(compgen -P \"$before\" -W '{Join(MountOptionWords)}' -- \"${{word##*,}}\"))\n");
        text.Append("    return\n  fi\n");
        foreach (Command command in Visible(root).Where(each => each.Subcommands.Count > 0))
        {
            text.Append($"  if [[ $COMP_CWORD -eq 2 && ${{COMP_WORDS[1]}} == {command.Name} ]]; then\n")
                .Append($"    COMPREPLY=($(compgen -W '{Join(command.Subcommands.Select(each => each.Name))} --help'")
                .Append(" -- \"$word\"))\n    return\n  fi\n");
        }

        text.Append("  case ${COMP_WORDS[1]} in\n");
        foreach (Command command in Visible(root))
        {
            string words = Join(OptionsOf(command, root).SelectMany(NamesOf));
            text.Append($"    {command.Name}) options='{words}' ;;\n");
        }

        text.Append("  esac\n  if [[ $word == -* ]]; then\n");
        text.Append("    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n");
        text.Append("  elif [[ ${COMP_WORDS[1]} == completion ]]; then\n");
        text.Append("    COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$word\"))\n");
        text.Append("  else\n    compopt -o filenames\n    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}\n");
        text.Append("complete -F _hartfs hartfs\n");
        return text.ToString();
    }

    private static string Zsh(RootCommand root)
    {
        var text = new StringBuilder();
        text.Append("#compdef hartfs\n# zsh completion of hartfs\n_hartfs() {\n  local -a commands\n  commands=(\n");
        foreach (Command command in Visible(root))
            text.Append($"    '{command.Name}:{Escape(command.Description)}'\n");
        text.Append("  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n");
        foreach (Command command in Visible(root).Where(each => each.Subcommands.Count > 0))
        {
            text.Append($"  if (( CURRENT == 3 )) && [[ ${{words[2]}} == {command.Name} ]]; then\n    commands=(\n");
            foreach (Command inner in command.Subcommands)
                text.Append($"      '{inner.Name}:{Escape(inner.Description)}'\n");
            text.Append("    )\n    _describe command commands\n    return\n  fi\n");
        }

        text.Append("  case ${words[2]} in\n");
        foreach (Command command in Visible(root))
        {
            text.Append($"    {command.Name})\n      _arguments \\\n");
            foreach (Option option in OptionsOf(command, root))
            {
                bool takesValue = option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);
                string action = !takesValue ? "" : option.Name == "--options"
                    ? $":option:_values -s , option {Join(MountOptionWords.Select(word => word.TrimEnd('=')))}"
                    : ":value:_files";
                foreach (string name in NamesOf(option))
                    text.Append($"        '{name}[{Escape(option.Description)}]{action}' \\\n");
            }

            string rest = command.Name == "completion" ? "shell:(bash zsh fish)" : "path:_files";
            text.Append($"        '*:{rest}' ;;\n");
        }

        text.Append("  esac\n}\n_hartfs \"$@\"\n");
        return text.ToString();
    }

    private static string Fish(RootCommand root)
    {
        var text = new StringBuilder("# fish completion of hartfs\n");
        foreach (Command command in Visible(root))
        {
            text.Append($"complete -c hartfs -n __fish_use_subcommand -f -a {command.Name} ")
                .Append($"-d '{Escape(command.Description)}'\n");
            foreach (Command inner in command.Subcommands)
            {
                text.Append($"complete -c hartfs -n '__fish_seen_subcommand_from {command.Name}' -a {inner.Name} ")
                    .Append($"-d '{Escape(inner.Description)}'\n");
            }

            foreach (Option option in OptionsOf(command, root))
            {
                text.Append($"complete -c hartfs -n '__fish_seen_subcommand_from {command.Name}'");
                foreach (string name in NamesOf(option))
                    text.Append(name.Length > 2 ? " -l " + name[2..] : " -s " + name[1..]);
                if (option.Name == "--options")
                    text.Append($" -x -a '{Join(MountOptionWords)}'");
                else if (option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0)
                    text.Append(" -r");
                text.Append($" -d '{Escape(option.Description)}'\n");
            }
        }

        text.Append("complete -c hartfs -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n");
        return text.ToString();
    }

    private static string Join(IEnumerable<string> words) => string.Join(' ', words);

    /// <summary>Descriptions stand between single quotes, and zsh reads colons and brackets.</summary>
    private static string Escape(string? description) => (description ?? "")
        .Replace("'", "", StringComparison.Ordinal).Replace(":", "", StringComparison.Ordinal)
        .Replace("[", "(", StringComparison.Ordinal).Replace("]", ")", StringComparison.Ordinal);
}
