using Hartfs.Format;

namespace Hartfs.Storage.Chunking;

/// <summary>What the cutter makes of a run of bytes.</summary>
public enum PieceKind : byte
{
    /// <summary>Bytes to be stored as one chunk.</summary>
    Chunk = 0,

    /// <summary>Zero bytes: a hole.</summary>
    Zero = 1,

    /// <summary>One pattern of eight bytes, not all zero, repeats.</summary>
    Fill = 2,
}

/// <summary>One piece of what was cut. Pieces adjoin and cover all bytes that were consumed.</summary>
/// <param name="Offset">Bytes from the start of the span that was cut.</param>
/// <param name="Length">Bytes; at least 1.</param>
/// <param name="Kind">What the bytes are.</param>
/// <param name="Class">For a chunk its content class; otherwise <see cref="ContentClass.Other"/>.</param>
/// <param name="Pattern">
/// For <see cref="PieceKind.Fill"/> the pattern as <see cref="ExtentKind.Fill"/> persists it: little-endian, its
/// lowest byte at every file offset that is a multiple of eight. Otherwise 0.
/// </param>
public readonly record struct Piece(int Offset, int Length, PieceKind Kind, ContentClass Class, long Pattern);
