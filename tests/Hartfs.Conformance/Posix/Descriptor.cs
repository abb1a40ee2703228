using System.Runtime.InteropServices;
using Hartfs.Conformance.Interop;

namespace Hartfs.Conformance.Posix;

/// <summary>An open file; closed on disposal.</summary>
public sealed unsafe class Descriptor(int number) : IDisposable
{
    private const int EmptyPath = 0x1000;
    private bool _isClosed;

    public int Number => number;

    public Status Stat()
    {
        byte empty = 0;
        return Sys.Stat(number, &empty, EmptyPath);
    }

    public byte[] Read(long offset, int count)
    {
        byte[] buffer = new byte[count];
        int done = 0;
        fixed (byte* bytes = buffer)
        {
            while (done < count)
            {
                int read = (int)Sys.Check("pread", LibC.PRead(number, bytes + done, count - done, offset + done));
                if (read == 0) break;
                done += read;
            }
        }

        return buffer[..done];
    }

    public void Write(long offset, ReadOnlySpan<byte> content)
    {
        fixed (byte* bytes = content)
        {
            for (int done = 0; done < content.Length;)
            {
                nint written = LibC.PWrite(number, bytes + done, content.Length - done, offset + done);
                done += (int)Sys.Check("pwrite", written);
            }
        }
    }

    /// <summary>write(2): at the file position, or at the end with O_APPEND.</summary>
    public void Append(ReadOnlySpan<byte> content)
    {
        fixed (byte* bytes = content)
        {
            for (int done = 0; done < content.Length;)
                done += (int)Sys.Check("write", LibC.Write(number, bytes + done, content.Length - done));
        }
    }

    public long Seek(long offset, int whence) => Sys.Check("lseek", LibC.LSeek(number, offset, whence));

    public void Sync() => Sys.Check("fsync", LibC.FSync(number));

    public void Truncate(long length) => Sys.Check("ftruncate", LibC.FTruncate(number, length));

    public void Allocate(int mode, long offset, long length) =>
        Sys.Check("fallocate", LibC.FAllocate(number, mode, offset, length));

    public long CopyTo(long offset, Descriptor target, long targetOffset, long length) =>
        Sys.Check("copy_file_range",
            LibC.CopyFileRange(number, &offset, target.Number, &targetOffset, (nint)length, 0));

    /// <summary>Names an unnamed file (linkat through /proc).</summary>
    public void LinkTo(PosixPath path) => Sys.Link($"/proc/self/fd/{number}", path, follow: true);

    public SharedMapping Map(int length) => new(this, length);

    /// <summary>flock(2) without waiting; true when the lock was got.</summary>
    public bool TryFlock(bool exclusive)
    {
        const int NonBlocking = 4;
        int result = LibC.FLock(number, (exclusive ? 2 : 1) | NonBlocking);
        if (result < 0 && Marshal.GetLastPInvokeError() == Errno.EAGAIN) return false;
        Sys.Check("flock", result);
        return true;
    }

    public void Unflock() => Sys.Check("flock", LibC.FLock(number, 8));

    /// <summary>A lock of the open file description (F_OFD_SETLK) on a range; true when it was got.</summary>
    public bool TryLockRange(bool exclusive, long start, long length)
    {
        const int OfdSetLock = 37;
        byte* flock = stackalloc byte[32];
        Fill(flock, exclusive ? 1 : 0, start, length);
        int result = LibC.FcntlLock(number, OfdSetLock, flock);
        if (result < 0 && Marshal.GetLastPInvokeError() == Errno.EAGAIN) return false;
        Sys.Check("fcntl", result);
        return true;
    }

    public void UnlockRange(long start, long length)
    {
        const int OfdSetLock = 37;
        byte* flock = stackalloc byte[32];
        Fill(flock, 2, start, length);
        Sys.Check("fcntl", LibC.FcntlLock(number, OfdSetLock, flock));
    }

    /// <summary>Whether a POSIX lock of this process (F_GETLK) would meet another owner's lock.</summary>
    public bool WouldBlock(bool exclusive, long start, long length)
    {
        const int GetLock = 5;
        byte* flock = stackalloc byte[32];
        Fill(flock, exclusive ? 1 : 0, start, length);
        Sys.Check("fcntl", LibC.FcntlLock(number, GetLock, flock));
        return *(short*)flock != 2;
    }

    public void Close()
    {
        if (_isClosed) return;
        _isClosed = true;
        Sys.Check("close", LibC.Close(number));
    }

    public void Dispose()
    {
        if (!_isClosed) _ = LibC.Close(number);
        _isClosed = true;
    }

    private static void Fill(byte* flock, int type, long start, long length)
    {
        new Span<byte>(flock, 32).Clear();
        *(short*)flock = (short)type;
        *(long*)(flock + 8) = start;
        *(long*)(flock + 16) = length;
    }
}
