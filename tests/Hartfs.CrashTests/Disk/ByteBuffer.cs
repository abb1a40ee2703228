namespace Hartfs.CrashTests.Disk;

/// <summary>
/// The bytes of a file: grows, is cut off, has zeros where nothing was written. What it began with is shared until
/// the first change.
/// </summary>
internal sealed class ByteBuffer(byte[] initial)
{
    private byte[] _bytes = initial;
    private bool _isShared = true;

    public int Length { get; private set; } = initial.Length;

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        int end = checked((int)offset + bytes.Length);
        if (end > Length) SetLength(end);
        else Own(Length);
        bytes.CopyTo(_bytes.AsSpan((int)offset));
    }

    public void SetLength(long length)
    {
        int next = checked((int)length);
        Own(next);
        if (next < Length) _bytes.AsSpan(next, Length - next).Clear();
        Length = next;
    }

    /// <summary>Changes bits, as far as there are bytes.</summary>
    public void Damage(long offset, ReadOnlySpan<byte> bits)
    {
        Own(Length);
        for (int index = 0; index < bits.Length && offset + index < Length; index++)
            _bytes[offset + index] ^= bits[index];
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

    /// <summary>The bytes; not to be changed, neither they nor this, from now on.</summary>
    public byte[] Finish() => _bytes.Length == Length ? _bytes : _bytes.AsSpan(0, Length).ToArray();

    private void Own(int length)
    {
        if (!_isShared && length <= _bytes.Length) return;
        byte[] own = new byte[length <= _bytes.Length ? _bytes.Length : Math.Max(length, Length * 2)];
        _bytes.AsSpan(0, Length).CopyTo(own);
        (_bytes, _isShared) = (own, false);
    }
}
