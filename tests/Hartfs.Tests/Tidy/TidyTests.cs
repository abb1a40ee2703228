using System.Text.RegularExpressions;
using Xunit;

namespace Hartfs.Tests.Tidy;

/// <summary>The rules of the code that no analyser holds.</summary>
public sealed partial class TidyTests
{
    private const int LinesMax = 500;
    private const int ColumnsMax = 120;

    private static readonly string[] CodeFolders = ["src", "tests"];
    private static readonly string[] AllFolders = ["src", "tests", "packaging", "native-notes", ".ci"];

    [Fact]
    public void No_source_file_is_longer_than_500_lines() =>
        AssertNone(Sources().Where(file => Lines(file).Length > LinesMax)
            .Select(file => $"{file}: {Lines(file).Length} lines"));

    [Fact]
    public void No_line_of_code_is_longer_than_120_columns() =>
        AssertNone(Places(Sources(), line => line.Length > ColumnsMax));

    [Fact]
    public void Unsafe_code_and_imports_stay_in_the_folders_made_for_them() =>
        AssertNone(Places(
            Sources("src").Where(file => !file.Contains("/Interop/") && !file.Contains("/Protocol/")),
            line => UnsafeCode().IsMatch(Code(line))));

    [Fact]
    public void Nothing_is_left_undone() =>
        AssertNone(Places(Sources().Where(file => !IsThisFile(file)), line => Undone().IsMatch(line)));

    [Fact]
    public void No_file_is_named_after_its_role_instead_of_its_subject() =>
        AssertNone(Sources().Where(file => EmptyName().IsMatch(Path.GetFileNameWithoutExtension(file))));

    [Fact]
    public void The_architecture_names_every_project()
    {
        string text = File.ReadAllText(SourceTree.PathOf("native-notes/architecture.md"));
        AssertNone(Directory.GetDirectories(SourceTree.PathOf("src")).Select(folder => Path.GetFileName(folder)!)
            .Where(name => !text.Contains(name, StringComparison.Ordinal)));
    }

    [Fact]
    public void No_path_of_one_machine_is_written_down()
    {
        IEnumerable<string> files = SourceTree.Files(AllFolders).Concat(["README.md", "CHANGELOG.md"])
            .Where(file => !IsThisFile(file) && Path.GetExtension(file) is not (".pack" or ".sqlite"));
        AssertNone(Places(files, line => MachinePath().IsMatch(line)));
    }

    [Fact]
    public void Every_text_ends_its_lines_with_a_line_feed_alone() =>
        AssertNone(SourceTree.Files(AllFolders)
            .Where(file => Path.GetExtension(file) is ".cs" or ".sh" or ".md" or ".sql" or ".csproj" or "")
            .Where(file => File.ReadAllText(SourceTree.PathOf(file)) is { Length: > 0 } text
                && (text.Contains('\r') || text[^1] != '\n')));

    private static IEnumerable<string> Sources(params string[] folders) =>
        SourceTree.Files(folders.Length == 0 ? CodeFolders : folders)
            .Where(file => file.EndsWith(".cs", StringComparison.Ordinal));

    private static IEnumerable<string> Places(IEnumerable<string> files, Func<string, bool> isBad) =>
        from file in files
        from line in Lines(file).Select((text, index) => (Text: text, Number: index + 1))
        where isBad(line.Text)
        select $"{file}:{line.Number}: {line.Text.Trim()}";

    private static string[] Lines(string file) => File.ReadAllLines(SourceTree.PathOf(file));

    private static string Code(string line) =>
        line.TrimStart().StartsWith("//", StringComparison.Ordinal) ? "" : line;

    private static bool IsThisFile(string file) => file.EndsWith("/TidyTests.cs", StringComparison.Ordinal);

    private static void AssertNone(IEnumerable<string> places)
    {
        string[] found = [.. places];
        Assert.True(found.Length == 0, string.Join(Environment.NewLine, found));
    }

    [GeneratedRegex(@"\b(unsafe|LibraryImport|DllImport|stackalloc byte\*)\b")]
    private static partial Regex UnsafeCode();

    [GeneratedRegex(@"\b(TODO|FIXME|XXX|HACK)\b|throw new NotImplementedException|\bSkip\s*=\s*""")]
    private static partial Regex Undone();

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Impl)$")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"(?<![\w$}])/(tmp|work|root|home)/[\w.]")]
    private static partial Regex MachinePath();
}
