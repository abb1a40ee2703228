using Hartfs.Cli;
using Hartfs.Core;
using Xunit;

namespace Hartfs.Tests.Cli;

/// <summary>Messages and exit codes of check, scrub, repair and recover, on volumes that are not mounted.</summary>
public sealed class IntegrityCommandTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("hartfs-test-").FullName;

    private string VolumePath => Path.Combine(_root, "volume");

    private string SourcePath => Path.Combine(_root, "source");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_sound_volume_ends_each_command_with_0()
    {
        Make();
        Assert.Equal((ExitCode.Success, ""), Run("check", VolumePath).Without(out string check));
        Assert.Contains("3 names           sound", check);
        Assert.Equal((ExitCode.Success, ""), Run("scrub", VolumePath).Without(out string scrub));
        Assert.Contains("no damage", scrub);
        Assert.Equal((ExitCode.Success, ""), Run("repair", VolumePath).Without(out string repair));
        Assert.Contains("no damage is known", repair);
    }

    [Fact]
    public void Damage_ends_with_23_and_names_file_and_range_until_it_is_repaired()
    {
        Make();
        Damage();
        Outcome scrub = Run("scrub", VolumePath);
        Assert.Equal(ExitCode.Damaged, scrub.Code);
        Assert.Matches("  /source/data: bytes [0-9]+ to [0-9]+ ", scrub.Output);
        Assert.Equal(ExitCode.Damaged, Run("repair", VolumePath).Code);
        Assert.Contains("known to be damaged: hartfs repair", Run("check", VolumePath).Output);
        Outcome json = Run("scrub", VolumePath, "--json");
        Assert.Equal(ExitCode.Damaged, json.Code);
        Assert.Contains("\"path\": \"/source/data\"", json.Output);
        Outcome repair = Run("repair", "--from", SourcePath, VolumePath);
        Assert.Equal(ExitCode.Success, repair.Code);
        Assert.Contains("put back", repair.Output);
        Assert.Equal(ExitCode.Success, Run("scrub", VolumePath, "--from-start").Code);
    }

    [Fact]
    public void What_cannot_be_undone_is_not_done_without_an_answer()
    {
        Make();
        Damage();
        Run("scrub", VolumePath);
        if (Console.IsInputRedirected)
        {
            Outcome refused = Run("repair", "--zero-damaged", VolumePath);
            Assert.Equal(ExitCode.Usage, refused.Code);
            Assert.Contains("--yes", refused.Error);
            Assert.Equal(ExitCode.Usage, Run("check", "--repair", VolumePath).Code);
        }

        Assert.Equal(ExitCode.Damaged, Run("repair", VolumePath).Code);
        Outcome zeroed = Run("repair", "--zero-damaged", "--yes", VolumePath);
        Assert.Equal(ExitCode.Success, zeroed.Code);
        Assert.Contains("became zeros", zeroed.Output);
    }

    [Fact]
    public void Recovery_says_how_old_the_names_are_and_changes_nothing_that_needs_none()
    {
        Make();
        byte[] before = File.ReadAllBytes(VolumeLayout.MetadataPath(VolumePath));
        Outcome needless = Run("recover", VolumePath);
        Assert.Equal(ExitCode.Success, needless.Code);
        Assert.Contains("nothing to recover", needless.Output);
        Assert.Contains("--force", needless.Output);
        Assert.Contains("\"needed\": false", Run("recover", "--json", VolumePath).Output);
        Assert.Equal(before, File.ReadAllBytes(VolumeLayout.MetadataPath(VolumePath)));
        File.Delete(VolumeLayout.MetadataPath(VolumePath));
        Outcome broken = Run("stats", VolumePath);
        Assert.Equal(ExitCode.DamagedMetadata, broken.Code);
        Assert.Contains("hartfs recover", broken.Error);
        Outcome recovered = Run("recover", VolumePath);
        Assert.Equal(ExitCode.Success, recovered.Code);
        Assert.Contains("names as of 20", recovered.Output);
        Assert.Contains("minutes ago; 1 files have theirs", recovered.Output);
        Assert.Equal(ExitCode.Success, Run("check", VolumePath).Code);
    }

    [Theory]
    [InlineData(ExitCode.Usage, "must be a size", "scrub", "--rate", "fast", "VOLUME")]
    [InlineData(ExitCode.Usage, "must be a size", "scrub", "--rate", "0", "VOLUME")]
    [InlineData(ExitCode.Usage, "there is no such pass", "check", "--from-pass", "99", "VOLUME")]
    [InlineData(ExitCode.Usage, "contradict", "check", "--dry-run", "--repair", "VOLUME")]
    [InlineData(ExitCode.PathNotFound, "no such file", "repair", "--from", "/nowhere/at/all", "VOLUME")]
    [InlineData(ExitCode.NotAVolume, "does not exist", "check", "MISSING")]
    [InlineData(ExitCode.NotAVolume, "does not exist", "recover", "MISSING")]
    [InlineData(ExitCode.Usage, "whole percents", "create", "--parity", "26%", "MISSING")]
    [InlineData(ExitCode.Usage, "whole percents", "create", "--parity", "some", "MISSING")]
    public void Bad_input_says_what_to_do(object code, string words, params string[] arguments)
    {
        Make();
        Outcome outcome = Run([.. arguments.Select(argument => argument switch
        {
            "VOLUME" => VolumePath,
            "MISSING" => Path.Combine(_root, "missing"),
            _ => argument,
        })]);
        Assert.Equal(code, outcome.Code);
        Assert.Contains(words, outcome.Error);
    }

    private void Make()
    {
        Directory.CreateDirectory(SourcePath);
        byte[] content = new byte[2_000_000];
        new Random(1).NextBytes(content);
        using (FileStream file = new(Path.Combine(SourcePath, "data"), FileMode.Create))
            file.Write(content);
        Assert.Equal(ExitCode.Success, Run("create", VolumePath).Code);
        Assert.Equal(ExitCode.Success, Run("import", SourcePath, VolumePath + ":/").Code);
    }

    private void Damage()
    {
        string pack = Directory.GetFiles(Path.Combine(VolumePath, "packs"), "*", SearchOption.AllDirectories)[0];
        using FileStream file = new(pack, FileMode.Open);
        file.Position = file.Length / 2;
        file.Write([1, 2, 3, 4, 5, 6, 7, 8]);
    }

    private static Outcome Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = CommandLine.Run(arguments, output, error);
        return new Outcome((ExitCode)code, output.ToString(), error.ToString());
    }

    private sealed record Outcome(ExitCode Code, string Output, string Error)
    {
        public (ExitCode Code, string Error) Without(out string output)
        {
            output = Output;
            return (Code, Error);
        }
    }
}
