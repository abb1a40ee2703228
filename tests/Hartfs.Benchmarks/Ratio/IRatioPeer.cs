using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Ratio;

/// <summary>Something that keeps trees of files in few bytes.</summary>
internal interface IRatioPeer
{
    /// <summary>How tables call it.</summary>
    string Name { get; }

    /// <summary>Programs it needs; without them it is left out and the table says so.</summary>
    IReadOnlyList<string> Programs { get; }

    /// <summary>Makes an empty store.</summary>
    IRatioStore Open(Scratch scratch);
}

/// <summary>A store of one peer.</summary>
internal interface IRatioStore : IDisposable
{
    /// <summary>Stores a tree beside those stored before, as a separate tree of that name.</summary>
    void Add(string tree, string name);

    /// <summary>Bytes on disk of all that was stored, the peer's own metadata included.</summary>
    long StoredBytes();
}
