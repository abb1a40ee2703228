using Hartfs.Benchmarks.Filesystems;
using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Ratio;

/// <summary>A Hartfs volume filled by <c>hartfs import</c>, without a mount.</summary>
internal sealed class ImportPeer : IRatioPeer
{
    public string Name => "Hartfs import";

    public IReadOnlyList<string> Programs => [];

    public IRatioStore Open(Scratch scratch) => new Store(scratch.NewPath("import-volume"));

    private sealed class Store : IRatioStore
    {
        private readonly string _volume;

        public Store(string volume)
        {
            _volume = volume;
            HartfsProgram.Run("create", _volume);
        }

        public void Add(string tree, string name) => HartfsProgram.Run("import", tree, $"{_volume}:/{name}");

        public long StoredBytes() => Disk.AllocatedBytes(_volume);

        public void Dispose() => Scratch.RemoveTree(_volume);
    }
}
