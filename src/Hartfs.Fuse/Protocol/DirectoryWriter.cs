using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Fuse.Protocol;

/// <summary>Writes the entries of a READDIR or READDIRPLUS into a reply's body until it is full.</summary>
internal ref struct DirectoryWriter : IDirectorySink
{
    private readonly Span<byte> _room;
    private readonly bool _plus;
    private readonly FuseLookupLimit? _limit;

    /// <param name="room">Bytes the kernel asked for.</param>
    /// <param name="plus">READDIRPLUS: whole attributes with every entry.</param>
    /// <param name="limit">Told of every entry that counts as a look-up.</param>
    public DirectoryWriter(Span<byte> room, bool plus, FuseLookupLimit? limit)
    {
        _room = room;
        _plus = plus;
        _limit = limit;
    }

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    public bool Add(ReadOnlySpan<byte> name, long nextCookie, in InodeRecord inode)
    {
        int head = _plus ? Unsafe.SizeOf<FuseDirentPlus>() : Unsafe.SizeOf<FuseDirent>();
        int length = (head + name.Length + 7) & ~7;
        if (length > _room.Length - Length)
            return false;
        Span<byte> record = _room.Slice(Length, length);
        var dirent = new FuseDirent
        {
            Inode = (ulong)inode.Number.Value,
            NextCookie = (ulong)nextCookie,
            NameLength = (uint)name.Length,
            Type = (uint)(inode.Mode & InodeMode.TypeMask) >> 12,
        };
        if (_plus)
        {
            MemoryMarshal.Write(record, new FuseDirentPlus { Entry = AttributeCodec.ToEntry(inode), Dirent = dirent });
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                _limit?.Add(dirent.Inode);
        }
        else
        {
            MemoryMarshal.Write(record, in dirent);
        }
        name.CopyTo(record[head..]);
        record[(head + name.Length)..].Clear();
        Length += length;
        return true;
    }
}
