using Hartfs.Fuse.Interop;

namespace Hartfs.Fuse.Mounting;

/// <summary>The kernel's cache of a mount, seen from outside as any program sees it.</summary>
internal static class PageCache
{
    /// <summary>
    /// Has the kernel send everything that programs have written so far, and waits until all of it was taken from the
    /// connection. syncfs(2) alone sends, and on FUSE does not wait; but write-backs are taken in the order in which
    /// they were sent, so that one more of our own, waited for, is behind all of them.
    /// </summary>
    public static void WriteOut(string mountPoint)
    {
        int root = LibC.Open(mountPoint, LibC.OpenDirectory | LibC.OpenCloseOnExec);
        if (root < 0)
            return;
        _ = LibC.SynchronizeFilesystem(root);
        _ = LibC.Close(root);
        int file = LibC.Open(mountPoint, LibC.OpenUnnamedFile | LibC.OpenReadWrite | LibC.OpenCloseOnExec, 0x180);
        if (file < 0)
            return;
        _ = LibC.Write(file, "x"u8);
        _ = LibC.SynchronizeFile(file);
        _ = LibC.Close(file);
    }
}
