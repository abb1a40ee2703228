using System.Globalization;
using System.Text.RegularExpressions;
using Hartfs.Cli;
using Hartfs.Core;
using Hartfs.Core.Mounting;
using Xunit;

namespace Hartfs.Tests.Cli;

public sealed partial class ExitCodeTests
{
    [Fact]
    public void The_readme_lists_every_exit_code_with_its_number_and_meaning()
    {
        string readme = File.ReadAllText(SourceTree.PathOf("README.md"));
        foreach ((ExitCode code, string meaning) in ExitCodes.All)
            Assert.Contains($"| {(int)code} | {code} | {meaning} |", readme, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.All.Count(), ReadmeRow().Count(readme));
    }

    [Fact]
    public void The_man_page_lists_every_exit_code()
    {
        string page = File.ReadAllText(SourceTree.PathOf("packaging/linux/hartfs.1"));
        foreach ((ExitCode code, _) in ExitCodes.All)
            Assert.Contains($".B {(int)code} {code}\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_help_lists_every_exit_code()
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        Assert.Equal(0, CommandLine.Run(["--help"], output, output));
        foreach ((ExitCode code, string meaning) in ExitCodes.All)
            Assert.Matches($@"\b{(int)code} {code} +{Regex.Escape(meaning)}", output.ToString());
    }

    [Fact]
    public void Every_reason_of_the_volume_and_of_the_mount_has_a_code_of_its_own()
    {
        IEnumerable<ExitCode> volume = Enum.GetValues<VolumeFailure>()
            .Where(reason => reason != VolumeFailure.Other).Select(CommandFailure.CodeOf);
        IEnumerable<ExitCode> mount = Enum.GetValues<MountFailure>()
            .Where(reason => reason is not (MountFailure.Other or MountFailure.NotPermitted))
            .Select(CommandFailure.CodeOf);
        ExitCode[] all = [.. volume, .. mount];
        Assert.DoesNotContain(ExitCode.Failure, all);
        Assert.Equal(all.Distinct(), all);
    }

    [GeneratedRegex(@"^\| \d+ \| \w+ \| ", RegexOptions.Multiline)]
    private static partial Regex ReadmeRow();
}
