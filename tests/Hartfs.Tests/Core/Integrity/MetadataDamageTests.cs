using Hartfs.Core;
using Hartfs.Core.Integrity;
using Hartfs.Format;
using Hartfs.Metadata;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.Tests.Core.Integrity;

/// <summary>What the disk changes in the metadata of a volume reaches nobody as content, and is named.</summary>
public sealed class MetadataDamageTests : DamageTest
{
    private const int Files = 1500;

    public MetadataDamageTests()
    {
        Temp.Log.Expect("Metadata damaged");
        Temp.Log.Expect("failed");
    }

    private string MetadataPath => VolumeLayout.MetadataPath(Temp.Path);

    [Theory]
    [InlineData(900)]
    [InlineData(12_000)]
    public void Inline_bytes_that_the_disk_changed_are_refused_and_never_returned(int length)
    {
        byte[] content = Noise(length, 3);
        Fill();
        InodeNumber file = MakeFile("inline");
        Ok(Temp.Volume.Commit());
        Ok(Fs.Write(file, 0, content, false, true));
        Ok(Fs.Synchronize(file));
        Temp.Crash();
        Temp.Close();
        MoveLogIntoFile();
        byte[] whole = File.ReadAllBytes(MetadataPath);
        int begin = whole.AsSpan().IndexOf(content.AsSpan(0, 400));
        Assert.True(begin > 0, "the bytes do not ride in the metadata");
        int refused = 0;
        for (int at = 0; at < 400; at += 40)
        {
            byte[] changed = [.. whole];
            changed[begin + at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(MetadataPath, changed);
            using Volume volume = Open();
            Ok(volume.FileSystem.Lookup(InodeNumber.Root, Name("inline"), out InodeRecord inode));
            byte[] read = new byte[inode.Size];
            FsError error = volume.FileSystem.Read(inode.Number, 0, read, out _);
            Assert.Equal(FsError.CorruptData, error);
            refused++;
        }

        Assert.Equal(10, refused);
        Assert.True(Temp.Log.Contains("does not fit its checksum"));
        File.WriteAllBytes(MetadataPath, whole);
        using Volume again = Open();
        Ok(again.FileSystem.Lookup(InodeNumber.Root, Name("inline"), out InodeRecord record));
        byte[] right = new byte[record.Size];
        Ok(again.FileSystem.Read(record.Number, 0, right, out _));
        Assert.Equal(content, right);
    }

    [Fact]
    public void A_damaged_page_is_named_by_the_check_and_goes_into_no_copy()
    {
        Fill();
        Assert.True(Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        Temp.Close();
        int page = DamageUnreadPage();
        string[] copies = Copies();
        CheckReport report = Temp.Volume.Integrity.Check(new CheckOptions(), null, CancellationToken.None);
        CheckResult pages = report.Results.Single(each => each.Pass.Id == CheckPass.PagesId);
        Assert.Contains($"page {page} of metadata.sqlite does not fit its checksum", pages.Findings);
        Assert.True(report.IsComplete);
        MetadataException refused = Assert.Throws<MetadataException>(
            () => Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        Assert.Contains($"page {page} ", refused.Message);
        Assert.Equal(copies, Copies());
    }

    [Fact]
    public void A_volume_with_damaged_metadata_comes_back_from_a_copy()
    {
        Fill();
        Assert.True(Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        Temp.Close();
        DamageUnreadPage();
        Temp.Close();
        VolumeRecovery.Run(Temp.Path, new RecoveryOptions(), Temp.Log, Temp.Time, null, CancellationToken.None);
        Temp.Open();
        Assert.Equal(Files, Names(InodeNumber.Root).Count);
        Assert.Equal(Noise(100, 7), ReadAll(Find("file 7 with a name that takes some room")));
        CheckReport report = Temp.Volume.Integrity.Check(new CheckOptions(), null, CancellationToken.None);
        Assert.Equal(0, report.OpenCount);
    }

    [Fact]
    public void The_metadata_of_another_volume_are_refused()
    {
        Fill();
        Temp.Close();
        string other = Path.Combine(Path.GetDirectoryName(Temp.Path)!, "other");
        Volume.Create(other, new VolumeParameters());
        File.Copy(VolumeLayout.MetadataPath(other), MetadataPath, overwrite: true);
        VolumeException refused = Assert.Throws<VolumeException>(() => Open().Dispose());
        Assert.Equal(VolumeFailure.DamagedMetadata, refused.Failure);
        Assert.Contains("another volume's", refused.Message);
        Assert.Contains("hartfs recover", refused.Message);
    }

    private void Fill()
    {
        for (int index = 0; index < Files; index++)
            MakeFile($"file {index} with a name that takes some room", Noise(100, index));
        Ok(Temp.Volume.Commit());
    }

    // A page that opening does not look at; leaves the volume open.
    private int DamageUnreadPage()
    {
        byte[] whole = File.ReadAllBytes(MetadataPath);
        for (int page = whole.Length / MetadataPage.Size; page > 1; page--)
        {
            byte[] changed = [.. whole];
            changed[(page - 1) * MetadataPage.Size + 2000] ^= 4;
            File.WriteAllBytes(MetadataPath, changed);
            try
            {
                Temp.Open();
            }
            catch (VolumeException)
            {
                continue;
            }

            if (!Temp.Volume.Metadata.IsFailed)
                return page;
            Temp.Close();
        }

        throw new InvalidOperationException("opening looks at every page");
    }

    private void MoveLogIntoFile()
    {
        using MetadataStore store = MetadataStore.Open(MetadataPath, new MetadataSettings(), NullLogger.Instance);
        store.CheckpointIfNeeded(0);
    }

    private Volume Open() => Volume.Open(Temp.Path, Temp.Settings, Temp.Log);

    private string[] Copies() =>
        [.. Directory.GetFiles(Path.Combine(Temp.Path, "copies"), "*.copy", SearchOption.AllDirectories).Order()];
}
