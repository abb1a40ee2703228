using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Hartfs.CrashTests.Disk;

/// <summary>What a disk kept of the requests it had: equal marks of one disk stand for equal contents.</summary>
internal sealed class DiskMark
{
    private readonly List<int> _kept = [];

    public UInt128 Value
    {
        get
        {
            byte[] hash = SHA256.HashData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_kept)));
            return new UInt128(BitConverter.ToUInt64(hash), BitConverter.ToUInt64(hash, 8));
        }
    }

    /// <summary>A name is there, and stands for one of the files that had it.</summary>
    public void Begin(string name, int origin)
    {
        _kept.Add(-name.Length);
        foreach (char symbol in name) _kept.Add(symbol);
        _kept.Add(origin);
    }

    /// <summary>Of a request, the bytes from one place on were kept.</summary>
    public void Add(int request, int from, int count) => _kept.AddRange([request, from, count]);
}
