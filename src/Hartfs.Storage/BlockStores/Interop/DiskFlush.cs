using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hartfs.Storage.BlockStores.Interop;

/// <summary>Makes the bytes of a file durable.</summary>
/// <remarks>
/// Not by what .NET has for it: on Linux that calls fsync and says nothing when it fails (10.0.12).
/// </remarks>
internal static partial class DiskFlush
{
    private const int InvalidArgument = 22;
    private const int InterruptedCall = 4;

    /// <summary>Makes everything written to a file durable.</summary>
    /// <exception cref="IOException">It failed: nothing is known about the content.</exception>
    public static void Flush(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows())
        {
#pragma warning disable RS0030 // FlushFileBuffers, and its failures are told
            RandomAccess.FlushToDisk(file);
#pragma warning restore RS0030
            return;
        }

        while (FlushDescriptor(file) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            // EINVAL: a file of a kind that has nothing to flush.
            if (errno == InvalidArgument)
                return;
            if (errno != InterruptedCall)
                throw new IOException($"cannot flush {path}: {Marshal.GetPInvokeErrorMessage(errno)}", errno);
        }
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FlushDescriptor(SafeFileHandle file);
}
