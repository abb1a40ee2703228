using System.Runtime.InteropServices;
using Hartfs.Cli.Interop;
using Microsoft.Win32.SafeHandles;

namespace Hartfs.Cli.Copying;

/// <summary>An open regular file of the host.</summary>
internal sealed class HostFile(int descriptor) : ITreeFile
{
    private const int SeekEnd = 2;

    private readonly SafeFileHandle _handle = new(descriptor, ownsHandle: true);

    public int Read(long offset, Span<byte> buffer)
    {
        try
        {
            return RandomAccess.Read(_handle, buffer, offset);
        }
        catch (IOException failure)
        {
            throw Translate(failure);
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_handle, bytes, offset);
        }
        catch (IOException failure)
        {
            throw Translate(failure);
        }
    }

    public void SetLength(long length)
    {
        try
        {
            RandomAccess.SetLength(_handle, length);
        }
        catch (IOException failure)
        {
            throw Translate(failure);
        }
    }

    public bool TryFindData(long from, out long start, out long end)
    {
        end = 0;
        start = HostCalls.Seek(descriptor, from, HostCalls.SeekData);
        if (start >= 0)
        {
            end = HostCalls.Seek(descriptor, start, HostCalls.SeekHole);
            if (end > start)
                return true;
        }

        if (Marshal.GetLastPInvokeError() == HostCalls.NoMoreData)
            return false;

        // A filesystem without holes may not know the question: then all of it is data.
        start = from;
        end = HostCalls.Seek(descriptor, 0, SeekEnd);
        return end > start;
    }

    public void Dispose() => _handle.Dispose();

    private static TreeException Translate(IOException failure) => new(failure.Message,
        failure.HResult is HostCalls.NoSpace or HostCalls.QuotaExceeded
            ? TreeFailure.OutOfSpace
            : TreeFailure.Other);
}
