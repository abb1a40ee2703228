using Hartfs.Format;

namespace Hartfs.Storage.Packs;

/// <summary>One chunk in a block's directory, in the order of the block's plain bytes.</summary>
/// <param name="Start">The chunk's glyph.</param>
/// <param name="Length">Plain bytes.</param>
/// <param name="Fingerprint">Identity of the plain bytes.</param>
public readonly record struct ChunkEntry(Glyph Start, int Length, Fingerprint Fingerprint);
