using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Hartfs.Storage.Chunking;

/// <summary>
/// Finds where the eight bytes before a boundary hash lowest: the cutting rule of MinCDC. Every path, vector or
/// scalar, gives the same answer, because the answer decides what deduplicates.
/// </summary>
internal static class MinimumHash
{
    /// <summary>Bytes before a boundary that are hashed.</summary>
    public const int WindowBytes = 8;

    // Odd, with bits well spread (the golden ratio, and xxHash32's second prime): persisted behaviour.
    private const uint LowFactor = 0x9E3779B1;
    private const uint HighFactor = 0x85EBCA77;

    /// <summary>
    /// The first boundary between two inclusive indices whose window hashes lowest. <paramref name="first"/> is at
    /// least <see cref="WindowBytes"/>, <paramref name="last"/> at most the length of the data.
    /// </summary>
    public static int Find(ReadOnlySpan<byte> data, int first, int last, out uint minimum)
    {
        if (BitConverter.IsLittleEndian && Vector256.IsHardwareAccelerated)
            return FindVector256(data, first, last, out minimum);
        if (BitConverter.IsLittleEndian && Vector128.IsHardwareAccelerated)
            return FindVector128(data, first, last, out minimum);

        return FindScalar(data, first, last, out minimum);
    }

    /// <summary>The rule itself, one boundary after the other.</summary>
    internal static int FindScalar(ReadOnlySpan<byte> data, int first, int last, out uint minimum)
    {
        int found = first;
        minimum = Hash(data, first);
        for (int boundary = first + 1; boundary <= last; boundary++)
        {
            uint hash = Hash(data, boundary);
            if (hash >= minimum)
                continue;

            minimum = hash;
            found = boundary;
        }

        return found;
    }

    internal static int FindVector256(ReadOnlySpan<byte> data, int first, int last, out uint minimum)
    {
        const int Step = 32;
        const int BlockSteps = 8;
        ref byte bytes = ref MemoryMarshal.GetReference(data);
        int best = -1;
        minimum = uint.MaxValue;
        int boundary = first;

        // Blocks are wide so that the sideways minimum is rare; which boundary it was is looked up once, at the end.
        for (; boundary + (Step * BlockSteps) - 1 <= last; boundary += Step * BlockSteps)
        {
            Vector256<uint> low = Vector256<uint>.AllBitsSet;
            for (int step = 0; step < BlockSteps; step++)
            {
                nuint at = (nuint)(boundary - WindowBytes + (step * Step));
                low = Vector256.Min(low, Vector256.Min(
                    Vector256.Min(Hash256(ref bytes, at), Hash256(ref bytes, at + 1)),
                    Vector256.Min(Hash256(ref bytes, at + 2), Hash256(ref bytes, at + 3))));
            }

            Vector128<uint> half = Vector128.Min(low.GetLower(), low.GetUpper());
            uint lowest = Lowest(half);
            if (lowest < minimum)
                (minimum, best) = (lowest, boundary);
        }

        return Finish(data, best, Step * BlockSteps, boundary, last, ref minimum, first);
    }

    internal static int FindVector128(ReadOnlySpan<byte> data, int first, int last, out uint minimum)
    {
        const int Step = 16;
        const int BlockSteps = 16;
        ref byte bytes = ref MemoryMarshal.GetReference(data);
        int best = -1;
        minimum = uint.MaxValue;
        int boundary = first;
        for (; boundary + (Step * BlockSteps) - 1 <= last; boundary += Step * BlockSteps)
        {
            Vector128<uint> low = Vector128<uint>.AllBitsSet;
            for (int step = 0; step < BlockSteps; step++)
            {
                nuint at = (nuint)(boundary - WindowBytes + (step * Step));
                low = Vector128.Min(low, Vector128.Min(
                    Vector128.Min(Hash128(ref bytes, at), Hash128(ref bytes, at + 1)),
                    Vector128.Min(Hash128(ref bytes, at + 2), Hash128(ref bytes, at + 3))));
            }

            uint lowest = Lowest(low);
            if (lowest < minimum)
                (minimum, best) = (lowest, boundary);
        }

        return Finish(data, best, Step * BlockSteps, boundary, last, ref minimum, first);
    }

    /// <summary>Looks up the boundary within the best block, and tries the boundaries behind the last block.</summary>
    private static int Finish(
        ReadOnlySpan<byte> data, int best, int blockLength, int rest, int last, ref uint minimum, int first)
    {
        int found = first;
        if (best >= 0)
        {
            found = best;
            while (found < best + blockLength && Hash(data, found) != minimum)
                found++;
        }

        if (rest > last)
            return found;

        int tail = FindScalar(data, rest, last, out uint tailMinimum);
        if (best >= 0 && tailMinimum >= minimum)
            return found;

        minimum = tailMinimum;
        return tail;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(ReadOnlySpan<byte> data, int boundary)
    {
        ulong window = BinaryPrimitives.ReadUInt64LittleEndian(data.Slice(boundary - WindowBytes, WindowBytes));
        return ((uint)window * LowFactor) + ((uint)(window >> 32) * HighFactor);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Hash256(ref byte bytes, nuint at) =>
        (Vector256.LoadUnsafe(ref bytes, at).AsUInt32() * LowFactor)
        + (Vector256.LoadUnsafe(ref bytes, at + 4).AsUInt32() * HighFactor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Hash128(ref byte bytes, nuint at) =>
        (Vector128.LoadUnsafe(ref bytes, at).AsUInt32() * LowFactor)
        + (Vector128.LoadUnsafe(ref bytes, at + 4).AsUInt32() * HighFactor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Lowest(Vector128<uint> lanes)
    {
        Vector128<uint> pair = Vector128.Min(lanes, Vector128.Shuffle(lanes, Vector128.Create(2u, 3, 0, 1)));
        return uint.Min(pair.GetElement(0), pair.GetElement(1));
    }
}
