using Hartfs.Benchmarks.Filesystems;
using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Ratio;

/// <summary>A live filesystem: trees are copied in by cp -a; then perhaps a pass over what is there.</summary>
internal sealed class FilesystemPeer(
    string name, IReadOnlyList<string> programs, Func<Scratch, MountedFilesystem> make, Action<string>? pass = null)
    : IRatioPeer
{
    public string Name => name;

    public IReadOnlyList<string> Programs => programs;

    public IRatioStore Open(Scratch scratch) => new Store(make(scratch), pass);

    /// <summary>
    /// duperemove as its manual recommends it for the most savings: the smallest block, partial extents.
    /// It needs its hashes in a file to see everything at once.
    /// </summary>
    public static void Duperemove(string root)
    {
        ExternalProgram.Run("btrfs", ["filesystem", "sync", root]);
        ExternalProgram.Run("duperemove",
            ["-d", "-r", "-q", "-b", "4096", "--dedupe-options=same,partial", root]);
    }

    private sealed class Store : IRatioStore
    {
        private readonly MountedFilesystem _filesystem;
        private readonly Action<string>? _pass;

        public Store(MountedFilesystem filesystem, Action<string>? pass)
        {
            _filesystem = filesystem;
            _pass = pass;
            _filesystem.Mount();
        }

        public void Add(string tree, string name)
        {
            ExternalProgram.Run("cp", ["-a", "--reflink=never", tree, Path.Combine(_filesystem.Root, name)]);
            ExternalProgram.Run("sync", ["-f", _filesystem.Root]);
            _pass?.Invoke(_filesystem.Root);
        }

        public long StoredBytes() => _filesystem.StoredBytes();

        public void Dispose() => _filesystem.Dispose();
    }
}
