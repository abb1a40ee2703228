using System.Runtime.InteropServices;

namespace Hartfs.Storage.BlockStores.Interop;

/// <summary>Makes names durable: what .NET has no call for.</summary>
internal static partial class Folder
{
    // fcntl.h and errno.h of Linux; the same on every architecture that .NET runs on but for O_DIRECTORY, left out.
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;
    private const int InvalidArgument = 22;
    private const int InterruptedCall = 4;

    /// <summary>
    /// Makes every creation, renaming and deletion in a folder durable. On Windows NTFS journals names by itself
    /// and folders cannot be flushed: nothing is done.
    /// </summary>
    /// <exception cref="IOException">It failed: nothing is known about the names.</exception>
    public static void Flush(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Retry(() => Open(path, ReadOnly | CloseOnExec));
        if (descriptor < 0)
            throw Failure("open", path, Marshal.GetLastPInvokeError());
        try
        {
            // EINVAL: a filesystem without folders to flush; its names need none.
            if (Retry(() => FlushDescriptor(descriptor)) < 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
                throw Failure("flush", path, Marshal.GetLastPInvokeError());
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static int Retry(Func<int> call)
    {
        while (true)
        {
            int result = call();
            if (result >= 0 || Marshal.GetLastPInvokeError() != InterruptedCall)
                return result;
        }
    }

    private static IOException Failure(string verb, string path, int errno) =>
        new($"cannot {verb} the folder {path}: {Marshal.GetPInvokeErrorMessage(errno)}", errno);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FlushDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
