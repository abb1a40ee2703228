using Hartfs.Fuse.Interop;

namespace Hartfs.Fuse;

/// <summary>The open end of a mount: one message per read, one reply or notification per write.</summary>
internal sealed class FuseDevice : IDisposable
{
    private int _descriptor;

    /// <param name="descriptor">An open /dev/fuse, close-on-exec; owned from now on.</param>
    public FuseDevice(int descriptor) => _descriptor = descriptor;

    /// <summary>Waits for a message.</summary>
    /// <returns>Its length, or 0: the mount is gone and <paramref name="error"/> says how.</returns>
    public int Read(Span<byte> buffer, out Errno error)
    {
        while (true)
        {
            nint length = LibC.Read(_descriptor, buffer);
            error = length < 0 ? LibC.LastError : Errno.None;
            // ENOENT: the request was interrupted while it was being read.
            if (length < 0 && error is Errno.EINTR or Errno.EAGAIN or Errno.ENOENT)
                continue;
            return length > 0 ? (int)length : 0;
        }
    }

    /// <summary>Sends a reply or a notification, whole.</summary>
    /// <returns>ENOENT: nobody waits for it any more, or the inode or name is not cached.</returns>
    public Errno Write(ReadOnlySpan<byte> message)
    {
        while (true)
        {
            if (LibC.Write(_descriptor, message) >= 0)
                return Errno.None;
            Errno error = LibC.LastError;
            if (error != Errno.EINTR)
                return error;
        }
    }

    public void Dispose()
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
            _ = LibC.Close(descriptor);
    }
}
