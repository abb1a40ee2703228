using Hartfs.Core;
using Hartfs.Storage.BlockStores;
using Hartfs.Testing.Modelling;
using Hartfs.Testing.Stores;

namespace Hartfs.Testing;

/// <summary>
/// A new volume in a temporary directory, open, with a clock that the test moves; removed on disposal.
/// </summary>
public sealed class TempVolume : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("hartfs-test-").FullName;
    private int _generation;
    private bool _isOpen;

    /// <param name="settings">How to open it; <see cref="Quiet"/> when null.</param>
    /// <param name="parameters">What to make it with.</param>
    /// <param name="faultSeed">Given: a faulty block store lies beneath it, see <see cref="Faults"/>.</param>
    public TempVolume(VolumeSettings? settings = null, VolumeParameters? parameters = null, int? faultSeed = null)
    {
        Settings = (settings ?? Quiet) with { Time = Time };
        Path = System.IO.Path.Combine(_root, "volume");
        Volume.Create(Path, parameters ?? new VolumeParameters(), Time);
        Volume = Volume.Open(Path, Settings, Log,
            store => faultSeed is { } seed ? Faults = new FaultyBlockStore(store, seed) : store);
        _isOpen = true;
    }

    /// <summary>No commit by age: only what the test does makes things durable.</summary>
    public static VolumeSettings Quiet { get; } = new() { CommitInterval = TimeSpan.FromDays(1), ReservedBytes = 0 };

    public ManualTime Time { get; } = new();

    public LogAssert Log { get; } = new();

    public VolumeSettings Settings { get; set; }

    /// <summary>The volume's directory; changes at <see cref="Crash"/>.</summary>
    public string Path { get; private set; }

    public Volume Volume { get; private set; }

    /// <summary>
    /// The disk under the volume as it was first opened, which fails by plan; null without a fault seed.
    /// </summary>
    public FaultyBlockStore? Faults { get; private set; }

    public FileSystem FileSystem => Volume.FileSystem;

    public ProductTree Tree => new(FileSystem);

    /// <summary>Closes in order and opens again.</summary>
    public void Reopen()
    {
        Close();
        Open();
    }

    public void Close()
    {
        if (_isOpen) Volume.Dispose();
        _isOpen = false;
    }

    /// <param name="wrapStore">Puts a block store that fails between the volume and its packs.</param>
    public void Open(Func<IBlockStore, IBlockStore>? wrapStore = null)
    {
        Volume = Volume.Open(Path, Settings, Log, wrapStore ?? (store => store));
        _isOpen = true;
    }

    /// <summary>
    /// Opens what a kill -9 would leave now: a copy of the directory, taken between operations. The old process'
    /// stand-in is closed afterwards, out of sight.
    /// </summary>
    public void Crash() => Adopt(CopyOfDirectory());

    /// <summary>What a kill -9 would leave now, for <see cref="Adopt"/>.</summary>
    public string CopyOfDirectory()
    {
        string left = NextPath();
        CopyDirectory(Path, left);
        return left;
    }

    /// <summary>Gives up the open volume and opens what was copied.</summary>
    public void Adopt(string left) => Leave(left);

    public void Dispose()
    {
        try
        {
            Close();
        }
        finally
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    private string NextPath() => System.IO.Path.Combine(_root, $"volume-{++_generation}");

    private void Leave(string left)
    {
        string old = Path;
        Close();
        Directory.Delete(old, recursive: true);
        Path = left;
        Open();
    }

    /// <summary>
    /// Metadata first: packs are only appended to, so that the copy holds whatever the copied metadata names.
    /// What a crash ends is left out: the database's shared memory and the lock.
    /// </summary>
    private static void CopyDirectory(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from).Order(StringComparer.Ordinal))
        {
            if (!file.EndsWith("-shm", StringComparison.Ordinal) && System.IO.Path.GetFileName(file) != "lock")
                CopyFile(file, System.IO.Path.Combine(to, System.IO.Path.GetFileName(file)));
        }

        foreach (string directory in Directory.GetDirectories(from))
            CopyDirectory(directory, System.IO.Path.Combine(to, System.IO.Path.GetFileName(directory)));
    }

    /// <summary>File.Copy would respect the locks that the open volume holds.</summary>
    private static void CopyFile(string from, string to)
    {
        using FileStream source = new(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using FileStream target = new(to, FileMode.CreateNew);
        source.CopyTo(target);
    }
}
