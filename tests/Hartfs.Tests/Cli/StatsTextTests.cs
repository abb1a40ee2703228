using System.Globalization;
using System.Text.Json;
using Hartfs.Cli.Output;
using Hartfs.Core;
using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Cli;

public sealed class StatsTextTests
{
    private static readonly VolumeStatistics Figures = new()
    {
        FileCount = 12_345,
        DirectoryCount = 678,
        OtherInodeCount = 9,
        LogicalBytes = 4L << 30,
        DataBytes = 3L << 30,
        UniqueBytes = 1L << 30,
        CompressedBytes = 256L << 20,
        PackBytes = 260L << 20,
        MetadataBytes = 3L << 20,
        MetadataLogBytes = 2L << 20,
        IndexBytes = 1L << 20,
        PackCount = 5,
        ChunkCount = 131_072,
        Classes =
        [
            new ContentClassStatistics(ContentClass.Text, 100_000, 768L << 20, 128L << 20),
            new ContentClassStatistics(ContentClass.Incompressible, 31_072, 256L << 20, 128L << 20),
        ],
        DirtyBytes = 1536,
        BlockCacheHits = 3,
        BlockCacheMisses = 1,
        DuplicateChunks = 262_144,
        CorruptReads = 0,
    };

    [Fact]
    public void The_waterfall_is_drawn_as_agreed()
    {
        StatsReport report = StatsReport.From("/srv/library", Figures) with
        {
            MountPoint = "/mnt/h",
            Requests = new Dictionary<string, long> { ["READ"] = 10, ["LOOKUP"] = 5 },
        };
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        StatsText.Write(text, report);
        const string expected =
            """
            /srv/library, mounted on /mnt/h

              files            4.00 GiB  ████████████████████████████████████████
              without holes    3.00 GiB  ██████████████████████████████··········  -1.00 GiB
              deduplicated     1.00 GiB  ██████████······························  -2.00 GiB
              compressed        256 MiB  ██······································  -768 MiB
              stored in all     266 MiB  ███·····································
                                         of it metadata 3.00 MiB, index 1.00 MiB, pack overhead 4.00 MiB
                                         and the metadata's log 2.00 MiB, given back by unmounting

              4.00 GiB of files in 266 MiB: 15.40 to 1, 93.5 % saved
              1.50 KiB written but not stored yet

              content class          chunks      unique  compressed   ratio
              Text                  100,000     768 MiB     128 MiB    6.00
              Incompressible         31,072     256 MiB     128 MiB    2.00

              12,345 files, 678 directories, 9 others
              131,072 chunks in 5 packs
              75.0 % of 4 block reads came from the cache
              262,144 chunks written were there already
              15 requests answered since the mount

            """;
        Assert.Equal(expected, text.ToString());
    }

    [Fact]
    public void An_empty_volume_is_shown_without_dividing_by_zero()
    {
        StatsReport report = StatsReport.From("/v", new VolumeStatistics
        {
            FileCount = 0,
            DirectoryCount = 1,
            OtherInodeCount = 0,
            LogicalBytes = 0,
            DataBytes = 0,
            UniqueBytes = 0,
            CompressedBytes = 0,
            PackBytes = 0,
            MetadataBytes = 4096,
            IndexBytes = 0,
            PackCount = 0,
            ChunkCount = 0,
            Classes = [],
            DirtyBytes = 0,
            BlockCacheHits = 0,
            BlockCacheMisses = 0,
            DuplicateChunks = 0,
            CorruptReads = 0,
        });
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        StatsText.Write(text, report);
        Assert.Contains("not mounted", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("∞", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_scrub_that_was_stopped_and_what_lies_beside_the_packs_are_shown()
    {
        StatsReport report = StatsReport.From("/v", Figures with
        {
            Scrub = new Hartfs.Core.Integrity.ScrubStatus(0, 0, BegunTime: 5, DoneBytes: 3L << 20),
            CopyBytes = 2L << 20,
            ParityBytes = 1L << 20,
        });
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        StatsText.Write(text, report);
        Assert.Contains("a scrub has verified 3.00 MiB so far", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("copies of the metadata 2.00 MiB, parity 1.00 MiB", text.ToString(), StringComparison.Ordinal);
        Assert.Equal((266L + 3) << 20, report.StoredBytes);
    }

    [Fact]
    public void The_json_has_the_figures_under_their_documented_names()
    {
        string json = JsonText.Indented(StatsReport.From("/v", Figures), JsonText.Pretty.StatsReport);
        JsonElement root = JsonDocument.Parse(json).RootElement;
        Assert.Equal(4L << 30, root.GetProperty("logicalBytes").GetInt64());
        Assert.Equal(3L << 30, root.GetProperty("afterHolesBytes").GetInt64());
        Assert.Equal(1L << 30, root.GetProperty("afterDedupBytes").GetInt64());
        Assert.Equal(256L << 20, root.GetProperty("afterCompressionBytes").GetInt64());
        Assert.Equal(266L << 20, root.GetProperty("storedBytes").GetInt64());
        Assert.Equal(4L << 20, root.GetProperty("packOverheadBytes").GetInt64());
        Assert.Equal("Text", root.GetProperty("classes")[0].GetProperty("class").GetString());
        Assert.Equal(12_345, root.GetProperty("counts").GetProperty("files").GetInt64());
        Assert.False(root.TryGetProperty("mountPoint", out _));
    }
}
