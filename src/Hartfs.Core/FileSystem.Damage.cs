using Hartfs.Core.Files;
using Hartfs.Core.Reading;
using Hartfs.Format;

namespace Hartfs.Core;

/// <summary>Parts of files that are given up.</summary>
public sealed partial class FileSystem
{
    /// <summary>
    /// Makes holes of those parts of a range whose blocks are damaged at this moment; what was written there since
    /// stays.
    /// </summary>
    internal FsError GiveUpDamaged(InodeNumber inode, long offset, long length, Codex codex, out long bytes)
    {
        bytes = 0;
        FsError error = EnterChange();
        if (error != FsError.None)
            return error;
        using (_gate.EnterChange())
        {
            error = TryGetFile(inode, out Node node, out FileData data);
            if (error != FsError.None)
                return error;
            lock (data.DrainLock)
                lock (data.Lock)
                    lock (_treeLock)
                    {
                        List<Extent> extents = [];
                        if (!node.IsNew)
                            LoadExtents(inode, offset, offset + length, extents);
                        foreach (Extent extent in extents)
                            bytes += MakeHoles(node, extent, offset, offset + length, codex);
                        if (bytes == 0)
                            return FsError.None;
                        data.Window.Invalidate();
                        DropCapability(node);
                        Touch(node, Now);
                        return FsError.None;
                    }
        }
    }

    private void LoadExtents(InodeNumber inode, long from, long end, List<Extent> extents)
    {
        const int StepRows = 256;
        int count;
        do
        {
            count = _metadata.Extents.Load(inode, from, extents, StepRows);
            from = count > 0 ? extents[^1].Offset + extents[^1].Length : end;
        }
        while (count == StepRows && from < end);
    }

    private long MakeHoles(Node node, in Extent extent, long from, long end, Codex codex)
    {
        long bytes = 0;
        long at = Math.Max(from, extent.Offset);
        end = Math.Min(end, extent.Offset + extent.Length);
        while (extent.Kind == ExtentKind.Data && at < end
            && codex.TryFind(new Glyph(extent.Reference + (at - extent.Offset)), out Region region))
        {
            long partEnd = Math.Min(end, extent.Offset + (region.End.Value - extent.Reference));
            if (codex.IsDamaged(region))
            {
                node.Record.AllocatedBytes += _metadata.Extents.Replace(node.Number, at, partEnd - at, []);
                bytes += partEnd - at;
            }

            at = partEnd;
        }

        return bytes;
    }
}
