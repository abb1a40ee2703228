using Hartfs.Storage.BlockStores.Interop;
using Microsoft.Win32.SafeHandles;

namespace Hartfs.Storage.BlockStores;

/// <summary>A segment that is open for appending. One thread at a time; a flush may run beside an append.</summary>
internal sealed class SegmentWriter : IDisposable
{
    private readonly SegmentFolder _folder;
    private readonly string _segment;
    private readonly SafeFileHandle _handle;
    private long _length;
    private volatile bool _isDirty;
    private bool _isNameDurable;

    /// <summary>Opens a segment.</summary>
    /// <param name="mode">Whether it is created, with its folders, when there is none.</param>
    public SegmentWriter(SegmentFolder folder, string segment, FileMode mode)
    {
        (_folder, _segment) = (folder, segment);
        _handle = folder.Open(segment, mode, FileAccess.Write);
        _length = RandomAccess.GetLength(_handle);
    }

    /// <summary>Number of the last use; guarded by the store.</summary>
    public long LastUse { get; set; }

    /// <summary>Appends and flushes under way; guarded by the store.</summary>
    public int UserCount { get; set; }

    /// <summary>Whether bytes were appended that no flush has covered.</summary>
    public bool IsDirty => _isDirty;

    /// <summary>Adds bytes at the end. After a failure the old length is put back where the system allows it.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _isDirty = true;
        try
        {
            Write(bytes);
        }
        catch (IOException)
        {
            TryRestoreLength();
            throw;
        }

        _length += bytes.Length;
    }

    /// <summary>Makes everything appended before the call durable, and the segment's name.</summary>
    public void Flush()
    {
        _isDirty = false;
        try
        {
            DiskFlush.Flush(_handle, _folder.PathOf(_segment));
            if (_isNameDurable)
                return;
            // Whether the name is durable is not known after a restart: once per opened segment.
            _folder.FlushNames(_segment);
            _isNameDurable = true;
        }
        catch (IOException)
        {
            _isDirty = true;
            throw;
        }
    }

    public void Dispose() => _handle.Dispose();

    private void Write(ReadOnlySpan<byte> bytes)
    {
#if DEBUG
        // A crash between two writes leaves a part of an append: debug builds make that ordinary.
        if (bytes.Length > 1)
        {
            int half = bytes.Length / 2;
            RandomAccess.Write(_handle, bytes[..half], _length);
            RandomAccess.Write(_handle, bytes[half..], _length + half);
            return;
        }
#endif
        RandomAccess.Write(_handle, bytes, _length);
    }

    private void TryRestoreLength()
    {
        try
        {
            RandomAccess.SetLength(_handle, _length);
        }
        catch (IOException)
        {
            // The caller is told of the first failure and finds the length changed.
        }
    }
}
