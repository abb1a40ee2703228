using Hartfs.Format;

namespace Hartfs.Core.Mounting;

/// <summary>
/// Tells the kernel that something changed without its asking. Implemented by the driver, called after the new
/// state is visible and never while a lock is held. Calls return at once; the driver delivers from its own thread.
/// </summary>
public interface IKernelCache
{
    /// <summary>Drop an inode's cached pages and attributes.</summary>
    void InvalidateInode(InodeNumber inode);

    /// <summary>
    /// Drop a name and, unless it is in use, the inode behind it, with the size and times that the kernel owns.
    /// </summary>
    void DropEntry(InodeNumber parent, ReadOnlySpan<byte> name);

    /// <summary>Drop a cached name.</summary>
    void InvalidateEntry(InodeNumber parent, ReadOnlySpan<byte> name);
}
