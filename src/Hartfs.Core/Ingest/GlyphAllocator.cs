using Hartfs.Format;

namespace Hartfs.Core.Ingest;

/// <summary>
/// Hands out glyph space in leases, one per content class, so that the chunks of one class stay adjoining while
/// several classes are written at once.
/// </summary>
internal sealed class GlyphAllocator(Glyph next)
{
    /// <summary>Bytes of a lease: long runs, little space left unused when the volume is closed.</summary>
    public const long LeaseBytes = 64 << 20;

    private readonly Lease[] _leases = new Lease[byte.MaxValue + 1];

    /// <summary>The first glyph that no lease covers.</summary>
    public Glyph Next { get; private set; } = next;

    /// <summary>
    /// Whether the class's lease has room for this many bytes; if not, the next allocation starts anew.
    /// </summary>
    public bool HasRoom(ContentClass contentClass, int length)
    {
        ref Lease lease = ref _leases[(int)contentClass];
        return lease.End - lease.Next >= length;
    }

    /// <summary>The glyph that the class's next byte gets.</summary>
    public Glyph Peek(ContentClass contentClass) => _leases[(int)contentClass].Next;

    /// <summary>Takes space for a chunk; begins a new lease where <see cref="HasRoom"/> is false.</summary>
    public Glyph Allocate(ContentClass contentClass, int length)
    {
        ref Lease lease = ref _leases[(int)contentClass];
        if (lease.End - lease.Next < length)
        {
            long size = Math.Max(LeaseBytes, length);
            lease = new Lease { Next = Next, End = Next + size };
            Next += size;
        }

        Glyph glyph = lease.Next;
        lease.Next += length;
        return glyph;
    }

    private struct Lease
    {
        public Glyph Next;
        public Glyph End;
    }
}
