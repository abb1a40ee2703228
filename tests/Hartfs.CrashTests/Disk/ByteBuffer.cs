namespace Hartfs.CrashTests.Disk;

/// <summary>The bytes of a file: grows, is cut off, has zeros where nothing was written.</summary>
internal sealed class ByteBuffer(byte[] initial)
{
    private byte[] _bytes = initial.ToArray();

    public int Length { get; private set; } = initial.Length;

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        int end = checked((int)offset + bytes.Length);
        if (end > Length) SetLength(end);
        bytes.CopyTo(_bytes.AsSpan((int)offset));
    }

    public void SetLength(long length)
    {
        int next = checked((int)length);
        if (next > _bytes.Length) Array.Resize(ref _bytes, Math.Max(next, _bytes.Length * 2));
        if (next < Length) _bytes.AsSpan(next, Length - next).Clear();
        Length = next;
    }

    /// <summary>How many bytes there were at that place.</summary>
    public int Read(long offset, Span<byte> target)
    {
        if (offset >= Length) return 0;
        ReadOnlySpan<byte> from = _bytes.AsSpan((int)offset, Length - (int)offset);
        int count = Math.Min(from.Length, target.Length);
        from[..count].CopyTo(target);
        return count;
    }

    public byte[] ToArray() => _bytes.AsSpan(0, Length).ToArray();
}
