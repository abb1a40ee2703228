using System.Buffers.Binary;
using System.Security.Cryptography;
using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Testing;
using Hartfs.Testing.Stores;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.Tests.Core;

/// <summary>
/// What is no volume, a damaged one, or one somebody has: refused or worked around, said plainly, untouched.
/// </summary>
public sealed class BadInputTests : IDisposable
{
    private const int RegularFile = InodeMode.RegularFile | 0x1A4;

    private readonly TempVolume _volume = new();

    [Fact]
    public void A_directory_that_is_no_volume_is_refused_and_left_alone()
    {
        string directory = Directory.CreateTempSubdirectory("hartfs-test-").FullName;
        File.WriteAllText(Path.Combine(directory, "letter.txt"), "mine");
        Assert.Equal(VolumeFailure.NotAVolume, Refused(directory).Failure);
        Assert.Equal(VolumeFailure.DirectoryNotEmpty,
            Assert.Throws<VolumeException>(() => Volume.Create(directory, new VolumeParameters())).Failure);
        Assert.Equal(["letter.txt"], Directory.GetFileSystemEntries(directory).Select(Path.GetFileName));
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void A_missing_directory_is_refused_with_the_command_that_makes_one() =>
        Assert.Contains("hartfs create", Refused(Path.Combine(Path.GetTempPath(), "hartfs-no-such")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_second_opening_is_refused_with_who_has_the_volume()
    {
        _volume.Settings = _volume.Settings with { Holder = "/mnt/h" };
        _volume.Reopen();
        VolumeException refusal = Refused(_volume.Path);
        Assert.Equal(VolumeFailure.InUse, refusal.Failure);
        Assert.Contains($"process {Environment.ProcessId} (/mnt/h)", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_reads_keeps_out_who_would_change_and_lets_others_read()
    {
        _volume.Settings = _volume.Settings with { ReadOnly = true };
        _volume.Reopen();
        VolumeException refusal = Refused(_volume.Path);
        Assert.Equal(VolumeFailure.InUse, refusal.Failure);
        Volume.Open(_volume.Path, _volume.Settings, _volume.Log).Dispose();
        _volume.Close();
        Volume.Open(_volume.Path, _volume.Settings with { ReadOnly = false }, _volume.Log).Dispose();
    }

    [Fact]
    public void One_damaged_superblock_is_made_anew_from_the_other_and_told()
    {
        _volume.Close();
        string first = Path.Combine(_volume.Path, "superblock");
        byte[] whole = File.ReadAllBytes(first);
        Flip(first, 100);
        _volume.Log.Expect("superblock");
        _volume.Open();
        Assert.True(_volume.Log.Contains("One copy of the superblock"));
        Assert.Equal(whole, File.ReadAllBytes(first));
    }

    [Fact]
    public void Two_damaged_superblocks_are_refused()
    {
        _volume.Close();
        Flip(Path.Combine(_volume.Path, "superblock"), 100);
        Flip(Path.Combine(_volume.Path, "superblock.copy"), 200);
        Assert.Equal(VolumeFailure.DamagedSuperblock, Refused(_volume.Path).Failure);
    }

    [Fact]
    public void A_newer_format_is_refused_although_the_other_copy_is_old()
    {
        _volume.Close();
        string first = Path.Combine(_volume.Path, "superblock");
        byte[] bytes = File.ReadAllBytes(first);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), Superblock.FormatVersion + 1);
        uint checksum = Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4), checksum);
        File.WriteAllBytes(first, bytes);
        Assert.Equal(VolumeFailure.NewerFormat, Refused(_volume.Path).Failure);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Missing_or_foreign_metadata_is_refused_and_the_packs_are_not_touched(bool isForeign)
    {
        Fill("a", 3 << 20, seed: 1);
        _volume.Close();
        string metadata = VolumeLayout.MetadataPath(_volume.Path);
        File.Delete(metadata);
        if (isForeign)
            File.WriteAllText(metadata, "this is not a database, however long it may be");
        byte[] pack = File.ReadAllBytes(OnlyPack());
        Assert.Equal(VolumeFailure.DamagedMetadata, Refused(_volume.Path).Failure);
        Assert.Equal(pack, File.ReadAllBytes(OnlyPack()));
    }

    [Fact]
    public void A_flipped_bit_in_a_pack_fails_the_bytes_concerned_and_nothing_else()
    {
        Fill("a", 4 << 20, seed: 1);
        _volume.Close();
        Flip(OnlyPack(), new FileInfo(OnlyPack()).Length / 2);
        _volume.Log.Expect("damaged");
        _volume.Open();
        (int good, int bad) = ReadPieces("a", 4 << 20, seed: 1);
        Assert.InRange(bad, 1, 5);
        Assert.Equal(64, good + bad);
        Assert.True(_volume.Log.Contains("pack 0000000000000001"));
        Assert.True(_volume.Volume.GetStatistics().CorruptReads > 0);
    }

    [Fact]
    public void Writing_lost_content_again_heals_it()
    {
        Fill("a", 1 << 20, seed: 1);
        _volume.Close();
        Flip(OnlyPack(), new FileInfo(OnlyPack()).Length / 2);
        _volume.Log.Expect("damaged");
        _volume.Open();
        Assert.True(ReadPieces("a", 1 << 20, seed: 1).Bad > 0);
        Fill("b", 1 << 20, seed: 1);
        _volume.Reopen();
        Assert.Equal(0, ReadPieces("b", 1 << 20, seed: 1).Bad);
    }

    [Fact]
    public void A_cut_pack_fails_what_was_behind_the_cut()
    {
        Fill("a", 4 << 20, seed: 1);
        _volume.Close();
        using (FileStream pack = File.OpenWrite(OnlyPack()))
            pack.SetLength(pack.Length / 2);
        _volume.Log.Expect("");
        _volume.Open();
        (int good, int bad) = ReadPieces("a", 4 << 20, seed: 1);
        Assert.True(good >= 24 && bad >= 24, $"{good} good, {bad} bad");
        Fill("c", 1 << 20, seed: 3);
        _volume.Reopen();
        Assert.Equal(0, ReadPieces("c", 1 << 20, seed: 3).Bad);
    }

    [Fact]
    public void A_missing_pack_fails_its_files_and_the_volume_goes_on()
    {
        Fill("a", 1 << 20, seed: 1);
        _volume.Close();
        File.Delete(OnlyPack());
        _volume.Log.Expect("");
        _volume.Open();
        Assert.Equal(0, ReadPieces("a", 1 << 20, seed: 1).Good);
        Fill("b", 1 << 20, seed: 2);
        _volume.Reopen();
        Assert.Equal(0, ReadPieces("b", 1 << 20, seed: 2).Bad);
    }

    [Fact]
    public void A_full_disk_refuses_writes_keeps_what_is_durable_and_lets_deleting_through()
    {
        FaultyBlockStore store = OpenFaulty();
        Fill("kept", 1 << 20, seed: 1);
        Assert.Equal(FsError.None, _volume.Volume.Commit());
        Fill("late", 1 << 20, seed: 2);
        store.FullFromAppend = store.AppendCount + 1;
        _volume.Log.Expect("");
        Assert.Equal(FsError.OutOfSpace, _volume.Volume.Commit());
        Assert.Equal(FsError.OutOfSpace, TryWrite("kept", 0, [1, 2, 3]));
        Assert.Equal(FsError.None, _volume.FileSystem.Unlink(InodeNumber.Root, "late"u8));
        Assert.Equal(0, ReadPieces("kept", 1 << 20, seed: 1).Bad);

        store.FullFromAppend = 0;
        Assert.Equal(FsError.None, _volume.Volume.Commit());
        Assert.Equal(FsError.None, TryWrite("kept", 0, [1, 2, 3]));
    }

    [Fact]
    public void A_volume_at_its_size_limit_refuses_writes_and_lets_deleting_through()
    {
        _volume.Close();
        _volume.Settings = _volume.Settings with { StoredBytesMax = 2 << 20 };
        _volume.Open();
        Fill("kept", 1 << 20, seed: 1);
        Assert.Equal(FsError.None, _volume.Volume.Commit());
        Assert.Equal(FsError.OutOfSpace, TryWrite("kept", 0, new byte[2 << 20]));
        Assert.Equal(FsError.None, _volume.FileSystem.GetSpace(out SpaceReport space));
        Assert.InRange(space.FreeBlocks * space.BlockSize, 0, 2 << 20);
        Assert.Equal(FsError.None, _volume.FileSystem.Unlink(InodeNumber.Root, "kept"u8));
        Assert.Equal(FsError.None, _volume.Volume.Commit());
    }

    [Fact]
    public void A_failed_flush_is_reported_and_never_taken_back()
    {
        FaultyBlockStore store = OpenFaulty();
        Fill("kept", 1 << 20, seed: 1);
        Assert.Equal(FsError.None, _volume.Volume.Commit());
        Fill("lost", 1 << 20, seed: 2);
        store.FailAtFlush = store.FlushCount + 1;
        _volume.Log.Expect("");
        Assert.Equal(FsError.IoFailure, _volume.Volume.Commit());
        Assert.Equal(FsError.IoFailure, _volume.Volume.Commit());
        Assert.Equal(FsError.IoFailure, TryWrite("kept", 0, [1]));
        Assert.Equal(0, ReadPieces("kept", 1 << 20, seed: 1).Bad);
        _volume.Reopen();
        Assert.Equal(0, ReadPieces("kept", 1 << 20, seed: 1).Bad);
        Assert.Equal(FsError.NotFound, _volume.FileSystem.Lookup(InodeNumber.Root, "lost"u8, out _));
    }

    public void Dispose() => _volume.Dispose();

    private static VolumeException Refused(string directory) => Assert.Throws<VolumeException>(
        () => Volume.Open(directory, new VolumeSettings(), NullLoggerFactory.Instance).Dispose());

    private static void Flip(string path, long offset)
    {
        using FileStream file = File.Open(path, FileMode.Open);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 4));
    }

    private FaultyBlockStore OpenFaulty()
    {
        FaultyBlockStore? store = null;
        _volume.Close();
        _volume.Open(inner => store = new FaultyBlockStore(inner, seed: 1));
        return store!;
    }

    private string OnlyPack() =>
        Assert.Single(Directory.GetFiles(Path.Combine(_volume.Path, "packs"), "*", SearchOption.AllDirectories));

    private void Fill(string name, int length, int seed)
    {
        FileSystem files = _volume.FileSystem;
        byte[] nameBytes = System.Text.Encoding.UTF8.GetBytes(name);
        Assert.Equal(FsError.None, files.Create(
            InodeNumber.Root, nameBytes, RegularFile, 0, 0, default, out InodeRecord inode));
        Assert.Equal(FsError.None, files.Write(inode.Number, 0, Content(length, seed), false, true));
    }

    private FsError TryWrite(string name, long offset, byte[] bytes)
    {
        _volume.FileSystem.Lookup(InodeNumber.Root, System.Text.Encoding.UTF8.GetBytes(name), out InodeRecord inode);
        return _volume.FileSystem.Write(inode.Number, offset, bytes, false, true);
    }

    // Reads 64 KiB at a time; every piece is right or refused, never wrong.
    private (int Good, int Bad) ReadPieces(string name, int length, int seed)
    {
        FileSystem files = _volume.FileSystem;
        Assert.Equal(FsError.None,
            files.Lookup(InodeNumber.Root, System.Text.Encoding.UTF8.GetBytes(name), out InodeRecord inode));
        byte[] expected = Content(length, seed);
        byte[] piece = new byte[64 << 10];
        (int good, int bad) = (0, 0);
        for (int offset = 0; offset < length; offset += piece.Length)
        {
            FsError error = files.Read(inode.Number, offset, piece, out int count);
            if (error == FsError.None)
            {
                Assert.Equal(expected.AsSpan(offset, piece.Length), piece.AsSpan(0, count));
                good++;
            }
            else
            {
                Assert.Equal(FsError.CorruptData, error);
                bad++;
            }
        }

        return (good, bad);
    }

    // Compresses to half: hexadecimal digits of a hash chain.
    private static byte[] Content(int length, int seed)
    {
        byte[] content = new byte[length];
        byte[] state = BitConverter.GetBytes(seed);
        for (int at = 0; at < length; at += 64)
        {
            state = SHA256.HashData(state);
            System.Text.Encoding.ASCII.GetBytes(Convert.ToHexString(state)).CopyTo(content, at);
        }

        return content;
    }
}
