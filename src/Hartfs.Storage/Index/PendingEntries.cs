using Hartfs.Format;

namespace Hartfs.Storage.Index;

/// <summary>
/// The entries that are in no run yet: open addressing, 16 bytes a slot. Not thread-safe while it changes; the index
/// guards the table that is still being added to.
/// </summary>
internal sealed class PendingEntries
{
    private const int SlotsMin = 1024;
    private const int SlotBytes = 16;

    // A slot without a glyph is free: glyph 0 is never allocated.
    private (ulong Key, long Glyph)[] _slots = new (ulong, long)[SlotsMin];

    /// <summary>Entries held.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => (long)_slots.Length * SlotBytes;

    /// <summary>Adds an entry, or replaces the glyph of an equal key.</summary>
    public void Set(ulong key, Glyph glyph)
    {
        if (Count >= _slots.Length / 4 * 3)
            Grow();

        ref (ulong Key, long Glyph) slot = ref Slot(_slots, key);
        if (slot.Glyph == 0)
            Count++;
        slot = (key, glyph.Value);
    }

    /// <summary>Sets every entry of another table.</summary>
    public void SetAll(PendingEntries other)
    {
        foreach ((ulong key, long glyph) in other._slots)
        {
            if (glyph != 0)
                Set(key, new Glyph(glyph));
        }
    }

    /// <summary>The glyph of a key; <see cref="Glyph.None"/> when there is none.</summary>
    public Glyph Find(ulong key) => new(Slot(_slots, key).Glyph);

    /// <summary>Copies all entries, in no order.</summary>
    public void CopyTo(Span<ulong> keys, Span<long> glyphs)
    {
        int count = 0;
        foreach ((ulong key, long glyph) in _slots)
        {
            if (glyph == 0)
                continue;

            keys[count] = key;
            glyphs[count++] = glyph;
        }
    }

    private static ref (ulong Key, long Glyph) Slot((ulong Key, long Glyph)[] slots, ulong key)
    {
        // Keys are spread evenly, so any of their bits will do.
        int index = (int)key & (slots.Length - 1);
        while (slots[index].Glyph != 0 && slots[index].Key != key)
            index = (index + 1) & (slots.Length - 1);

        return ref slots[index];
    }

    private void Grow()
    {
        (ulong Key, long Glyph)[] larger = new (ulong, long)[_slots.Length * 2];
        foreach ((ulong Key, long Glyph) entry in _slots)
        {
            if (entry.Glyph != 0)
                Slot(larger, entry.Key) = entry;
        }

        _slots = larger;
    }
}
