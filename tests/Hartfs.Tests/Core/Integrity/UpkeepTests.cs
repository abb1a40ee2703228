using Hartfs.Core.Collection;
using Hartfs.Core.Integrity;
using Hartfs.Format;
using Hartfs.Metadata.Integrity;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hartfs.Tests.Core.Integrity;

public sealed class UpkeepTests : DamageTest
{
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    public UpkeepTests()
    {
        Temp.Settings = Temp.Settings with { MetadataCopyInterval = TimeSpan.FromHours(6), ScrubInterval = Month };
        Temp.Reopen();
    }

    private ScrubStatus Status => Temp.Volume.Integrity.GetScrubStatus();

    [Fact]
    public void A_volume_is_scrubbed_a_month_after_it_was_made_and_every_month_then()
    {
        MakeFile("file", Noise(100_000, 1));
        Look(Month - TimeSpan.FromHours(1));
        Assert.Equal(0, Status.FinishedTime);
        Look(TimeSpan.FromHours(2));
        long first = Status.FinishedTime;
        Assert.NotEqual(0, first);
        Look(TimeSpan.FromDays(29));
        Assert.Equal(first, Status.FinishedTime);
        Look(TimeSpan.FromDays(2));
        Assert.True(Status.FinishedTime > first);
    }

    [Fact]
    public void A_changed_volume_copies_its_metadata_after_some_hours_and_an_unchanged_one_does_not()
    {
        Change("file");
        Look(TimeSpan.FromHours(7));
        long first = Temp.Volume.GetStatistics().CopyTime;
        Assert.NotEqual(0, first);
        Look(TimeSpan.FromHours(7));
        Assert.Equal(first, Temp.Volume.GetStatistics().CopyTime);
        Change("again");
        Look(TimeSpan.FromHours(1));
        long second = Temp.Volume.GetStatistics().CopyTime;
        Assert.True(second > first);
        Change("and again");
        Look(TimeSpan.FromHours(1));
        Assert.Equal(second, Temp.Volume.GetStatistics().CopyTime);
    }

    [Fact]
    public void A_clock_that_jumps_back_stops_neither()
    {
        Change("before");
        Look(Month + TimeSpan.FromHours(1));
        Assert.NotEqual(0, Temp.Volume.GetStatistics().CopyTime);
        long scrubbed = Status.FinishedTime;
        Change("after");
        Temp.Time.Advance(TimeSpan.FromDays(-400));
        Look(TimeSpan.FromMinutes(20));
        Assert.NotEqual(scrubbed, Status.FinishedTime);
        Assert.True(Temp.Volume.GetStatistics().CopyTime < scrubbed);
    }

    [Fact]
    public async Task The_volumes_own_scrub_gives_way_to_whoever_asks()
    {
        for (int index = 0; index < 20; index++)
            MakeFile($"file{index}", Noise(400_000, index));
        Temp.Reopen();
        var slow = new ScrubOptions { BytesPerSecondMax = 100_000 };
        Task<ScrubReport?> own = Task.Run(() =>
            Temp.Volume.Integrity.ScrubByItself(slow, TestContext.Current.CancellationToken));
        while (Status.BegunTime == 0)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        Temp.Volume.Integrity.Check(new CheckOptions(), null, TestContext.Current.CancellationToken);
        Assert.False((await own)!.IsComplete);
        Assert.NotEqual(0, Status.BegunTime);
        ScrubReport rest = Temp.Volume.Integrity.Scrub(new ScrubOptions(), null,
            TestContext.Current.CancellationToken);
        Assert.True(rest.IsComplete);
    }

    [Fact]
    public void Recovery_from_a_copy_older_than_collections_finds_what_they_moved()
    {
        Temp.Settings = Temp.Settings with { MetadataCopyInterval = null };
        var kept = new Dictionary<string, byte[]>();
        for (int index = 0; index < 40; index++)
        {
            byte[] content = Noise(120_000, index);
            MakeFile($"file{index}", content);
            if (index % 4 == 0)
                kept[$"file{index}"] = content;
        }

        Temp.Reopen();
        Assert.True(Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        for (int index = 0; index < 40; index++)
        {
            if (index % 4 != 0)
                Ok(Fs.Unlink(InodeNumber.Root, Name($"file{index}")));
        }

        Ok(Temp.Volume.Commit());
        string[] before = Packs();
        Temp.Volume.Collection.Run(new CollectionOptions(), cancel: TestContext.Current.CancellationToken);
        Assert.NotEqual(before, Packs());
        Temp.Reopen();
        Temp.Close();
        foreach (string file in Directory.GetFiles(Temp.Path, "metadata.sqlite*"))
            File.Delete(file);
        RecoveryReport report = VolumeRecovery.Run(Temp.Path, new RecoveryOptions(), Temp.Log, Temp.Time, null,
            CancellationToken.None);
        Assert.DoesNotContain(report.Missing, range => kept.ContainsKey(range.Path.TrimStart('/')));
        Temp.Open();
        foreach ((string name, byte[] content) in kept)
            Assert.Equal(content, ReadAll(Find(name)));
        lock (Temp.Volume.TreeLock)
        {
            Assert.DoesNotContain(MetadataInvariants.Check(Temp.Volume.Metadata),
                violation => violation.Invariant is not ("data-stored" or "region-pack"));
        }
    }

    private void Change(string name)
    {
        for (int index = 0; index < 50; index++)
            MakeFile($"{name}{index}", Noise(2000, index));
        Ok(Temp.Volume.Commit());
    }

    private void Look(TimeSpan later)
    {
        Temp.Time.Advance(later);
        using var upkeep = new Upkeep(Temp.Volume, Temp.Log.CreateLogger<Upkeep>());
        upkeep.DoWhatIsDue();
    }
}
