using Hartfs.Format;

namespace Hartfs.Core.Files;

/// <summary>
/// How often the driver was told of each inode: number → count in open addressing, 16 bytes a slot, no object per
/// inode, because kernels remember every file ever walked. Not thread-safe; the tree lock guards it.
/// </summary>
internal sealed class InodeReferences
{
    private const int SlotsMin = 1024;

    private Slot[] _slots = new Slot[SlotsMin];
    private int _count;

    /// <summary>Inodes with references.</summary>
    public int Count => _count;

    public void Add(InodeNumber inode, long count = 1)
    {
        if (_count * 4 >= _slots.Length * 3)
            Resize(_slots.Length * 2);
        ref Slot slot = ref Find(inode.Value);
        if (slot.Inode == 0)
        {
            slot.Inode = inode.Value;
            _count++;
        }

        slot.Count += count;
    }

    /// <summary>Takes references away; true when none is left.</summary>
    public bool Remove(InodeNumber inode, long count)
    {
        ref Slot slot = ref Find(inode.Value);
        if (slot.Inode == 0)
            return true;
        slot.Count -= count;
        if (slot.Count > 0)
            return false;
        Delete(inode.Value);
        if (_slots.Length > SlotsMin && _count * 8 < _slots.Length)
            Resize(_slots.Length / 2);
        return true;
    }

    public bool Contains(InodeNumber inode) => Find(inode.Value).Inode != 0;

    /// <summary>Takes all references away.</summary>
    public void Clear()
    {
        _slots = new Slot[SlotsMin];
        _count = 0;
    }

    private ref Slot Find(long inode)
    {
        int mask = _slots.Length - 1;
        int index = Home(inode, mask);
        while (_slots[index].Inode != 0 && _slots[index].Inode != inode)
            index = (index + 1) & mask;
        return ref _slots[index];
    }

    // Backward-shift deletion: no tombstones, so look-ups stay short after a walk of a large tree.
    private void Delete(long inode)
    {
        int mask = _slots.Length - 1;
        int hole = Home(inode, mask);
        while (_slots[hole].Inode != inode)
            hole = (hole + 1) & mask;

        for (int next = (hole + 1) & mask; _slots[next].Inode != 0; next = (next + 1) & mask)
        {
            int distanceFromHome = (next - Home(_slots[next].Inode, mask)) & mask;
            if (distanceFromHome < ((next - hole) & mask))
                continue;
            _slots[hole] = _slots[next];
            hole = next;
        }

        _slots[hole] = default;
        _count--;
    }

    private void Resize(int size)
    {
        Slot[] old = _slots;
        _slots = new Slot[size];
        foreach (Slot slot in old)
            if (slot.Inode != 0)
                Find(slot.Inode) = slot;
    }

    private static int Home(long inode, int mask) => (int)((ulong)inode * 0x9E3779B97F4A7C15UL >> 32) & mask;

    private struct Slot
    {
        public long Inode;
        public long Count;
    }
}
