using Hartfs.Core;
using Hartfs.Core.Integrity;
using Xunit;

namespace Hartfs.Tests.Core.Integrity;

/// <summary>Bytes at random places of every kind of file are damaged, one at a time.</summary>
public sealed class RandomDamageTests : DamageTest
{
    private const int FileCount = 12;

    private readonly int _seed = int.TryParse(Environment.GetEnvironmentVariable("HARTFS_DAMAGE_SEED"), out int seed)
        ? seed : Environment.TickCount;
    private readonly Dictionary<string, byte[]> _files = [];

    public RandomDamageTests()
    {
        foreach (string text in (string[])["damaged", "cannot be read", "superblock", "page of index run", "not used"])
            Temp.Log.Expect(text);
        Temp.Settings = Temp.Settings with { MetadataCopyInterval = TimeSpan.FromHours(6) };
        Temp.Reopen();
        for (int index = 0; index < FileCount; index++)
        {
            string name = $"file{index}";
            _files[name] = index % 2 == 0 ? Noise(300_000 + index, index) : Text(400_000, index);
            MakeFile(name, _files[name]);
            if (index % 4 == 3)
                Ok(Temp.Volume.Commit());
        }

        Temp.Close();
        Temp.Settings = Temp.Settings with { ReadOnly = true };
    }

    [Theory]
    [InlineData("packs", "*.pack")]
    [InlineData("index", "*.run")]
    [InlineData("copies", "*.copy")]
    [InlineData("", "superblock*")]
    public void Damage_is_found_named_and_never_read_as_data(string folder, string pattern)
    {
        var random = new Random(_seed);
        for (int round = 0; round < 12; round++)
        {
            string[] files = Directory.GetFiles(Path.Combine(Temp.Path, folder), pattern, SearchOption.AllDirectories);
            string file = files[random.Next(files.Length)];
            byte[] whole = File.ReadAllBytes(file);
            long offset = round == 0 ? 0 : random.NextInt64(whole.Length);
            Flip(file, offset);
            string where = $"seed {_seed}, round {round}, {Path.GetFileName(file)} at {offset}";

            Temp.Open();
            CheckReport check = Temp.Volume.Integrity.Check(new CheckOptions(), null, CancellationToken.None);
            HashSet<string> unreadable = ReadAllFiles(where);
            ScrubReport scrub = Temp.Volume.Integrity.Scrub(
                new ScrubOptions { FromStart = true }, null, CancellationToken.None);
            Temp.Close();
            Assert.True(scrub.DamagedCount > 0 || check.OpenCount > 0, where);
            HashSet<string> named = [.. scrub.Ranges.Select(range => range.Path.TrimStart('/'))];
            Assert.True(unreadable.SetEquals(named), $"{where}: {string.Join(' ', unreadable)}");
            Assert.True(folder == "packs" || unreadable.Count == 0, where);
            OverwriteWith(file, whole);
        }
    }

    [Fact]
    public void Damage_to_the_database_is_found_or_harmless_and_recovery_brings_everything_back()
    {
        var random = new Random(_seed);
        string path = VolumeLayout.MetadataPath(Temp.Path);
        byte[] whole = File.ReadAllBytes(path);
        for (int round = 0; round < 6; round++)
        {
            long page = random.NextInt64(whole.Length / 4096);
            Flip(path, page * 4096, 512);
            RecoveryReport report = VolumeRecovery.Run(Temp.Path, new RecoveryOptions { Force = true }, Temp.Log,
                Temp.Time, null, CancellationToken.None);
            Assert.True(report.Missing.Count == 0 && report.Contradictions.Count == 0, $"seed {_seed}, page {page}");
            Temp.Settings = Temp.Settings with { ReadOnly = false };
            Temp.Open();
            Assert.Empty(ReadAllFiles($"seed {_seed}, page {page}"));
            Temp.Close();
            Temp.Time.Advance(TimeSpan.FromSeconds(2));
        }
    }

    private HashSet<string> ReadAllFiles(string where)
    {
        HashSet<string> unreadable = [];
        foreach ((string name, byte[] content) in _files)
        {
            FsError error = TryRead(Find(name), out byte[] read);
            Assert.True(error is FsError.None or FsError.CorruptData, where);
            if (error == FsError.None)
                Assert.True(content.AsSpan().SequenceEqual(read), $"{where}: {name}");
            else
                unreadable.Add(name);
        }

        return unreadable;
    }

    private static void OverwriteWith(string path, byte[] bytes)
    {
        using FileStream file = new(path, FileMode.Open);
        file.Write(bytes);
    }

    private static byte[] Text(int length, int seed)
    {
        byte[] text = new byte[length];
        var random = new Random(seed);
        for (int at = 0; at < length; at++)
            text[at] = (byte)('a' + random.Next(8));
        return text;
    }
}
