using System.Buffers.Binary;
using System.Text;
using Hartfs.Core;
using Hartfs.Core.Integrity;
using Hartfs.CrashTests.Runs;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Hartfs.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.CrashTests.Fixtures;

/// <summary>Old volumes open for ever, and damaged ones end as documented.</summary>
/// <remarks>
/// The newest fixture is made by these tests themselves with HARTFS_MAKE_FIXTURE=1
/// (<c>tests/fixtures/README.md</c>) until the version is published; from then on it stays.
/// </remarks>
public sealed class FixtureTests : IDisposable
{
    private const int VersionOffset = 16;
    private const int ReadOnlyFeaturesOffset = 32;
    private const int IncompatibleFeaturesOffset = 40;
    private const long FixtureBytesMax = 200 << 10;

    private static readonly Lock Making = new();
    private static bool s_isMade = Environment.GetEnvironmentVariable("HARTFS_MAKE_FIXTURE") != "1";

    private readonly string _root = Directory.CreateTempSubdirectory("hartfs-fixture-").FullName;
    private readonly ManualTime _time = new();

    private string _version = "";

    private string VolumePath => Path.Combine(_root, _version);

    [Theory]
    [InlineData("1")]
    [InlineData("1-checksums")]
    public void A_volume_of_each_format_version_reads_as_it_was_made(string version)
    {
        Unpack(version);
        Assert.InRange(new FileInfo(FixtureVolume.Archive(version)).Length, 1, FixtureBytesMax);
        List<string> expected = FixtureVolume.Tree(version);
        using (Volume volume = Open(isReadOnly: true)) Assert.Equal(expected, CrashModel.Dump(volume));
        using (Volume volume = Open(isReadOnly: false)) Assert.Equal(expected, CrashModel.Dump(volume));
        using (Volume volume = Open(isReadOnly: false)) Assert.Equal(expected, CrashModel.Dump(volume));
    }

    [Theory]
    [InlineData("superblock missing", "whole")]
    [InlineData("superblock damaged", "whole")]
    [InlineData("superblock.copy missing", "whole")]
    [InlineData("superblocks missing", nameof(VolumeFailure.DamagedSuperblock))]
    [InlineData("superblocks damaged", nameof(VolumeFailure.DamagedSuperblock))]
    [InlineData("version newer", nameof(VolumeFailure.NewerFormat))]
    [InlineData("feature incompatible", nameof(VolumeFailure.NewerFormat))]
    [InlineData("feature read-only", nameof(VolumeFailure.NewerFormat))]
    [InlineData("metadata missing", nameof(VolumeFailure.DamagedMetadata))]
    [InlineData("metadata begins with zeros", nameof(VolumeFailure.DamagedMetadata))]
    [InlineData("metadata cut in half", nameof(VolumeFailure.DamagedMetadata))]
    [InlineData("metadata header flipped", nameof(VolumeFailure.DamagedMetadata))]
    [InlineData("metadata without checksums", nameof(VolumeFailure.DamagedMetadata))]
    [InlineData("metadata pages flipped", nameof(VolumeFailure.DamagedMetadata))]
    [InlineData("metadata pages exchanged", nameof(VolumeFailure.DamagedMetadata))]
    [InlineData("index missing", "whole")]
    [InlineData("index damaged", "whole")]
    [InlineData("pack list cut off", "whole")]
    [InlineData("pack missing", "partly readable")]
    [InlineData("pack cut in half", "partly readable")]
    [InlineData("payload damaged", "partly readable")]
    [InlineData("debris beside", "whole")]
    public void Each_damage_of_a_fixture_ends_as_documented(string damage, string outcome)
    {
        AssertEnd("1-checksums", damage, outcome);
        string[] ofChecksums = ["header flipped", "without checksums", "pages flipped", "pages exchanged"];
        if (!ofChecksums.Any(damage.EndsWith)) AssertEnd("1", damage, outcome);
    }

    private void AssertEnd(string version, string damage, string outcome)
    {
        Unpack(version);
        Damage(damage);
        if (Enum.TryParse(outcome, out VolumeFailure failure))
        {
            VolumeException refused = Assert.Throws<VolumeException>(() => Open(isReadOnly: false).Dispose());
            Assert.Equal(failure, refused.Failure);
            if (damage != "feature read-only") return;
            using Volume reading = Open(isReadOnly: true);
            Assert.Equal(FixtureVolume.Tree(version), CrashModel.Dump(reading));
            return;
        }

        using Volume volume = Open(isReadOnly: false);
        if (outcome == "whole")
        {
            Assert.Equal(FixtureVolume.Tree(version), CrashModel.Dump(volume));
            return;
        }

        (int right, int refusedCount) = ReadAll(volume);
        Assert.True(right > 0 && refusedCount > 0, $"{right} files are readable, {refusedCount} are not");
    }

    [Fact]
    public void Recovering_a_volume_from_before_there_were_checksums_gives_it_some()
    {
        Unpack("1");
        Assert.False(IsSealed());
        using (Volume old = Open(isReadOnly: false))
            Assert.True(old.Integrity.CopyMetadata(CancellationToken.None));
        Assert.False(IsSealed());
        VolumeRecovery.Run(VolumePath, new RecoveryOptions { Force = true }, NullLoggerFactory.Instance, _time, null,
            CancellationToken.None);
        List<string> expected = FixtureVolume.Tree("1");
        using (Volume volume = Open(isReadOnly: true)) Assert.Equal(expected, CrashModel.Dump(volume));
        using (Volume volume = Open(isReadOnly: false)) Assert.Equal(expected, CrashModel.Dump(volume));
        Assert.True(IsSealed());
        FlipPages(Path.Combine(VolumePath, "metadata.sqlite"));
        VolumeException refused = Assert.Throws<VolumeException>(() => Open(isReadOnly: true).Dispose());
        Assert.Equal(VolumeFailure.DamagedMetadata, refused.Failure);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private bool IsSealed() => SuperblockFile.Load(VolumePath).Reading.Superblock!.SealedBy is not null
        && MetadataPage.IsWhole(File.ReadAllBytes(Path.Combine(VolumePath, "metadata.sqlite")).AsSpan(0, 4096), 1);

    private Volume Open(bool isReadOnly) => FixtureVolume.Open(VolumePath, _time, isReadOnly);

    private void Unpack(string version)
    {
        lock (Making)
        {
            if (!s_isMade) FixtureVolume.Make(Path.Combine(_root, "made"));
            s_isMade = true;
        }

        _version = version;
        FixtureVolume.Unpack(version, VolumePath);
    }

    /// <summary>Files of the root: those read, and those refused with the error of damage; none is wrong.</summary>
    private static (int Right, int Refused) ReadAll(Volume volume)
    {
        (int right, int refused) = (0, 0);
        foreach (string name in (string[])["random", "text"])
        {
            Assert.Equal(FsError.None, volume.FileSystem.Lookup(InodeNumber.Root, Encoding.UTF8.GetBytes(name),
                out InodeRecord inode));
            byte[] bytes = new byte[inode.Size];
            FsError error = volume.FileSystem.Read(inode.Number, 0, bytes, out _);
            if (error == FsError.None) right++;
            else refused++;
            Assert.True(error is FsError.None or FsError.CorruptData, $"{name}: {error}");
        }

        // What rides in the metadata needs no pack.
        Assert.Equal(FsError.None, volume.FileSystem.Lookup(InodeNumber.Root, "d"u8, out InodeRecord folder));
        Assert.Equal(FsError.None, volume.FileSystem.Lookup(folder.Number, "link"u8, out InodeRecord link));
        Assert.Equal(FsError.None, volume.FileSystem.ReadSymbolicLink(link.Number, out byte[] target));
        Assert.Equal("../text", Encoding.UTF8.GetString(target));
        return (right + 1, refused);
    }

    private void Damage(string damage)
    {
        string first = Path.Combine(VolumePath, "superblock");
        string second = Path.Combine(VolumePath, "superblock.copy");
        string metadata = Path.Combine(VolumePath, "metadata.sqlite");
        switch (damage)
        {
            case "superblock missing": File.Delete(first); break;
            case "superblock damaged": Flip(first, 100); break;
            case "superblock.copy missing": File.Delete(second); break;
            case "superblocks missing": File.Delete(first); File.Delete(second); break;
            case "superblocks damaged": Flip(first, 100); Flip(second, 200); break;
            case "version newer": Forge(VersionOffset, 2); break;
            case "feature incompatible": Forge(IncompatibleFeaturesOffset, 1L << 63); break;
            case "feature read-only": Forge(ReadOnlyFeaturesOffset, 1L << 63); break;
            case "metadata missing": File.Delete(metadata); break;
            case "metadata begins with zeros": Zero(metadata, 100); break;
            case "metadata cut in half": Cut(metadata, new FileInfo(metadata).Length / 2); break;
            case "metadata header flipped": Flip(metadata, 20); break;
            case "metadata without checksums": Unseal(metadata); break;
            case "metadata pages flipped": FlipPages(metadata); break;
            case "metadata pages exchanged": ReversePages(metadata); break;
            case "index missing": Directory.Delete(Path.Combine(VolumePath, "index"), recursive: true); break;
            case "index damaged": foreach (string run in Files("index")) Flip(run, 100); break;
            case "pack list cut off": foreach (string pack in Files("packs")) CutList(pack); break;
            case "pack missing": foreach (string pack in Files("packs")) File.Delete(pack); break;
            case "pack cut in half": foreach (string pack in Files("packs")) Cut(pack, 500); break;
            case "payload damaged": foreach (string pack in Files("packs")) Flip(pack, 15_000); break;
            case "debris beside":
                File.WriteAllText(first + ".new", "half a superblock");
                File.WriteAllText(Path.Combine(VolumePath, "note.txt"), "somebody's");
                break;
            default: throw new ArgumentOutOfRangeException(nameof(damage), damage, "unknown");
        }
    }

    private string[] Files(string folder) =>
        Directory.GetFiles(Path.Combine(VolumePath, folder), "*", SearchOption.AllDirectories);

    private void Forge(int offset, long value)
    {
        foreach (string name in (string[])["superblock", "superblock.copy"])
        {
            string path = Path.Combine(VolumePath, name);
            byte[] bytes = File.ReadAllBytes(path);
            if (offset == VersionOffset) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), (int)value);
            else BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(offset), value);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4),
                Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4)));
            File.WriteAllBytes(path, bytes);
        }
    }

    private static void Flip(string path, int offset)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[Math.Min(offset, bytes.Length - 1)] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static void Zero(string path, int count)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes.AsSpan(0, count).Clear();
        File.WriteAllBytes(path, bytes);
    }

    // A sealed pack loses its list; one that is not sealed has none, and stays.
    private static void CutList(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.AsSpan(Math.Max(0, bytes.Length - PackFooter.Size)).StartsWith("HARTTAIL"u8))
            Cut(path, bytes.Length - PackFooter.Size);
    }

    // As a program would leave it that knows nothing of checksums.
    private static void Unseal(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        for (int end = 4096; end <= bytes.Length; end += 4096)
            bytes.AsSpan(end - 8, 8).Clear();
        File.WriteAllBytes(path, bytes);
    }

    // One bit of every page but the first, which is always looked at.
    private static void FlipPages(string path)
    {
        for (int at = 4096 + 2000; at < new FileInfo(path).Length; at += 4096) Flip(path, at);
    }

    private static void ReversePages(string path)
    {
        byte[][] pages = [.. File.ReadAllBytes(path).Chunk(4096)];
        Array.Reverse(pages, 1, pages.Length - 1);
        File.WriteAllBytes(path, [.. pages.SelectMany(page => page)]);
    }

    private static void Cut(string path, long length)
    {
        using FileStream file = new(path, FileMode.Open);
        file.SetLength(Math.Min(length, file.Length));
    }
}
