using System.Text;

namespace Hartfs.Cli.Copying;

/// <summary>A place in a volume that is not mounted, written VOLUME:/PATH.</summary>
/// <param name="Volume">The volume's directory as given.</param>
/// <param name="Names">The names from the root on; none for the root.</param>
/// <param name="EndsWithSlash">Whether the path names what is in a directory, not the directory.</param>
internal sealed record VolumePath(string Volume, IReadOnlyList<byte[]> Names, bool EndsWithSlash)
{
    /// <summary>Throws <see cref="CommandFailure"/>.</summary>
    public static VolumePath Parse(string text)
    {
        int colon = FindColon(text);
        if (colon < 1)
        {
            throw new CommandFailure(ExitCode.Usage,
                $"'{text}' is no place in a volume. Next: write VOLUME:/PATH, for example ~/library:/projects.");
        }

        string path = text[(colon + 1)..];
        string[] names = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(name => name != ".")];
        if (names.Contains(".."))
            throw new CommandFailure(ExitCode.Usage, $"'{text}': '..' is not possible in a path of a volume.");
        return new VolumePath(text[..colon], [.. names.Select(Encoding.UTF8.GetBytes)],
            path.Length == 0 || path.EndsWith('/'));
    }

    public override string ToString() => Volume + ":/" + string.Join('/', Names.Select(ByteName.Show));

    /// <summary>The first colon behind which a path begins and before which there is a directory.</summary>
    private static int FindColon(string text)
    {
        int first = -1;
        for (int i = text.IndexOf(':', StringComparison.Ordinal); i >= 0;
            i = text.IndexOf(':', i + 1))
        {
            bool isSeparator = i + 1 == text.Length || text[i + 1] == '/';
            if (!isSeparator)
                continue;
            if (first < 0)
                first = i;
            if (Directory.Exists(text[..i]))
                return i;
        }

        return first;
    }
}
