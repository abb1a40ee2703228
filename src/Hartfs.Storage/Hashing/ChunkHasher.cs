using System.Security.Cryptography;
using Hartfs.Format;

namespace Hartfs.Storage.Hashing;

/// <summary>Names chunks by their content. Thread-safe; allocates nothing per call.</summary>
public sealed class ChunkHasher
{
    private readonly byte[]? _key;

    /// <summary>A hasher by SHA-256, or by HMAC-SHA-256 when a key is given (RFC 2104).</summary>
    /// <param name="key">The volume's fingerprint key; empty for a volume that is not encrypted.</param>
    public ChunkHasher(ReadOnlySpan<byte> key = default) => _key = key.IsEmpty ? null : key.ToArray();

    /// <summary>The fingerprint of a chunk's plain bytes.</summary>
    public Fingerprint Compute(ReadOnlySpan<byte> plain)
    {
        Span<byte> digest = stackalloc byte[Fingerprint.Size];
        if (_key is null)
            SHA256.HashData(plain, digest);
        else
            HMACSHA256.HashData(_key, plain, digest);

        return new Fingerprint(digest);
    }
}
