using Hartfs.Core.Commit;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Files;

/// <summary>Takes bytes that ride in the metadata back into the write path, so that they drain into packs.</summary>
internal sealed class InlineRecall(
    MetadataStore metadata, Lock treeLock, NodeTable nodes, CommitGate gate, WriteBudget budget)
{
    private readonly List<Extent> _extents = [];

    /// <summary>Recalls every inline byte of the volume, a file at a time.</summary>
    public void RecallAll(FileWriter writer)
    {
        List<InlineExtent> inline = [];
        lock (treeLock)
            metadata.Extents.ListInline(inline);
        foreach (InodeNumber inode in inline.Select(extent => extent.Inode).Distinct())
            lock (gate.BulkWork)
                using (gate.EnterChange())
                    Recall(inode, writer);
        using (gate.EnterChange())
            lock (treeLock)
                metadata.Inline.DeleteUnreferenced();
    }

    /// <summary>Recalls what came since, with the gate closed by the caller: no snapshot keeps inline bytes.</summary>
    public void RecallRest(FileWriter writer)
    {
        List<InlineExtent> inline = [];
        lock (treeLock)
            if (metadata.Inline.TotalBytes > 0)
                metadata.Extents.ListInline(inline);
        foreach (InodeNumber inode in inline.Select(extent => extent.Inode).Distinct())
            Recall(inode, writer);
    }

    private void Recall(InodeNumber inode, FileWriter writer)
    {
        Node node;
        FileData data;
        lock (treeLock)
        {
            if (!nodes.TryGet(inode, out node))
                return;
            data = nodes.DataOf(node);
        }

        lock (data.DrainLock)
        {
            lock (data.Lock)
                TakeBack(node, data);
            writer.DrainAllLocked(node, data);
        }
    }

    // Beneath what is dirty already: that is newer.
    private void TakeBack(Node node, FileData data)
    {
        long before = data.Dirty.CapacityBytes;
        try
        {
            lock (treeLock)
                if (!node.IsReaped && !node.IsNew)
                    TakeBackExtents(node, data);
        }
        finally
        {
            budget.Adjust(data.Dirty.CapacityBytes - before);
        }
    }

    private void TakeBackExtents(Node node, FileData data)
    {
        long from = 0;
        do
        {
            _extents.Clear();
            metadata.Extents.Load(node.Number, from, _extents, ExtentWindow.RowsMax);
            foreach (Extent extent in _extents)
            {
                from = extent.End;
                if (extent.Kind != ExtentKind.Inline)
                    continue;
                byte[] bytes = new byte[extent.Length];
                (long row, int offset) = InlineTable.Locate(extent.Reference);
                metadata.Inline.Read(row, offset, bytes);
                data.Dirty.WriteMissing(extent.Offset, bytes);
            }
        }
        while (_extents.Count == ExtentWindow.RowsMax);
    }
}
