namespace Hartfs.Cli.Output;

/// <summary>A word of a command line that can be pasted into a POSIX shell.</summary>
internal static class ShellWord
{
    private const string PlainPunctuation = "/._-+,:@%=";

    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || PlainPunctuation.Contains(c))
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
