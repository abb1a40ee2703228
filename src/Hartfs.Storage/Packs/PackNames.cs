using System.Collections.Concurrent;
using System.Globalization;
using Hartfs.Format;

namespace Hartfs.Storage.Packs;

/// <summary>
/// Pack number ⇄ segment name: the folder, bits 8 to 15 as another one, the number and the extension; numbers are
/// hexadecimal.
/// </summary>
/// <remarks>Names are kept, because every read needs one; a bounded number of them.</remarks>
internal sealed class PackNames(string folder, string extension)
{
    private const int KeptCountMax = 8192;

    private readonly string _suffix = "." + extension;
    private readonly ConcurrentDictionary<PackId, string> _kept = new();

    /// <summary>What every pack's name begins with.</summary>
    public string Prefix { get; } = folder + "/";

    /// <summary>The segment of a pack.</summary>
    public string Of(PackId pack)
    {
        if (_kept.TryGetValue(pack, out string? name))
            return name;
        if (_kept.Count >= KeptCountMax)
            _kept.Clear();
        name = string.Create(
            CultureInfo.InvariantCulture, $"{Prefix}{(pack.Value >> 8) & 0xFF:x2}/{pack.Value:x16}{_suffix}");
        _kept[pack] = name;
        return name;
    }

    /// <summary>The pack of a segment; false for anything else that lies there.</summary>
    public bool TryParse(string segment, out PackId pack)
    {
        pack = default;
        if (segment.Length != Prefix.Length + "00/0123456789abcdef".Length + _suffix.Length
            || !segment.EndsWith(_suffix, StringComparison.Ordinal)
            || !long.TryParse(
                segment.AsSpan(Prefix.Length + 3, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out long value)
            || value <= 0)
        {
            return false;
        }

        pack = new PackId(value);
        return true;
    }
}
