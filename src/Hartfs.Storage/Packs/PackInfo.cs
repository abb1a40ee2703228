using Hartfs.Format;

namespace Hartfs.Storage.Packs;

/// <summary>A pack as it stands.</summary>
/// <param name="Pack">Its number.</param>
/// <param name="Length">Bytes, header and trailer included.</param>
/// <param name="IsSealed">Whether it ends in a whole trailer and is never appended to again.</param>
public readonly record struct PackInfo(PackId Pack, long Length, bool IsSealed);

/// <summary>Where the next block goes.</summary>
/// <param name="OpenPack">The pack that is appended to; <c>default</c> when the next block begins one.</param>
/// <param name="Length">Bytes of the open pack behind the last append; 0 without one.</param>
/// <param name="NextPack">The lowest number that a new pack may get.</param>
public readonly record struct PackPosition(PackId OpenPack, long Length, PackId NextPack);

/// <summary>A block that a scan came by.</summary>
/// <param name="Location">Where it lies; when its header is damaged, where that should be, stored length 0.</param>
/// <param name="Directory">Its chunks; null exactly when there is damage.</param>
/// <param name="Damage">What is wrong with header or directory; null when nothing is.</param>
public sealed record ScannedBlock(BlockLocation Location, BlockDirectory? Directory, string? Damage);
