using System.Text;
using Hartfs.Cli;
using Hartfs.Cli.Copying;
using Xunit;

namespace Hartfs.Tests.Cli;

public sealed class VolumePathTests
{
    [Theory]
    [InlineData("v:/projects", "v", "projects", false)]
    [InlineData("v:/a/b/c", "v", "a|b|c", false)]
    [InlineData("v:/a//./b/", "v", "a|b", true)]
    [InlineData("v:/", "v", "", true)]
    [InlineData("v:", "v", "", true)]
    [InlineData("/srv/x:y:/a:/b", "/srv/x:y", "a:|b", false)]
    public void A_place_in_a_volume_is_split_at_its_colon(string text, string volume, string names, bool slash)
    {
        var path = VolumePath.Parse(text);
        Assert.Equal(volume, path.Volume);
        Assert.Equal(names, string.Join('|', path.Names.Select(Encoding.UTF8.GetString)));
        Assert.Equal(slash, path.EndsWithSlash);
    }

    [Theory]
    [InlineData("library")]
    [InlineData("/srv/library/projects")]
    [InlineData(":/projects")]
    [InlineData("")]
    [InlineData("v:projects")]
    [InlineData("v:/a/../b")]
    public void Anything_else_is_refused_with_an_example(string text) =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<CommandFailure>(() => VolumePath.Parse(text)).Code);

    [Fact]
    public void A_colon_within_the_name_of_the_volume_is_found_on_the_disk()
    {
        string directory = Directory.CreateTempSubdirectory("hartfs-path-").FullName;
        try
        {
            string volume = Path.Combine(directory, "a:", "b");
            Directory.CreateDirectory(volume);
            Assert.Equal(volume, VolumePath.Parse(volume + ":/c").Volume);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Names_that_are_no_text_are_shown_byte_by_byte() =>
        Assert.Equal("ä\\xff\\x0a€", ByteName.Show([.. "ä"u8, 0xFF, 0x0A, .. "€"u8]));
}
