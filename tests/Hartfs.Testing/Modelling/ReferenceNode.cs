using System.Text;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

/// <summary>An inode of the model.</summary>
internal sealed class ReferenceNode
{
    public InodeRecord Record;

    /// <summary>Names are Latin-1 strings of their bytes.</summary>
    public SortedDictionary<string, InodeNumber> Entries { get; private set; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, byte[]> Xattrs { get; private set; } = new(StringComparer.Ordinal);

    public SparseBytes Data { get; private set; } = new();

    public byte[] Target { get; init; } = [];

    public long References { get; set; }

    public static string Key(ReadOnlySpan<byte> name) => Encoding.Latin1.GetString(name);

    /// <summary>Whether a file has the attributes and the content of another, times of reading aside.</summary>
    public bool IsSameFile(ReferenceNode other) =>
        Record with { AccessTime = other.Record.AccessTime } == other.Record && Data.IsSame(other.Data);

    public ReferenceNode Clone() => new()
    {
        Record = Record,
        Entries = new SortedDictionary<string, InodeNumber>(Entries, StringComparer.Ordinal),
        Xattrs = new SortedDictionary<string, byte[]>(Xattrs, StringComparer.Ordinal),
        Data = Data.Clone(),
        Target = Target,
    };
}
