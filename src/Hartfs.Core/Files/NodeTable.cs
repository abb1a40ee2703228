using Hartfs.Format;
using Hartfs.Metadata;

namespace Hartfs.Core.Files;

/// <summary>The inodes in memory. The tree lock guards it.</summary>
internal sealed class NodeTable(MetadataStore metadata, bool isReadOnly)
{
    /// <summary>Clean inodes are dropped above this count, when a commit has made them clean.</summary>
    private const int CountMax = 64 << 10;

    /// <summary>Files whose extents and read streaks are remembered.</summary>
    private const int DataCountMax = 8 << 10;

    private readonly Dictionary<long, Node> _nodes = [];
    private readonly List<Node> _withData = [];
    private readonly List<Node> _dirty = [];

    /// <summary>Inodes with changes that the metadata does not have.</summary>
    public int DirtyCount => _dirty.Count;

    /// <summary>Finds an inode in memory or in the metadata.</summary>
    public bool TryGet(InodeNumber number, out Node node)
    {
        if (_nodes.TryGetValue(number.Value, out node!))
            return true;
        if (!metadata.Inodes.TryGet(number, out InodeRecord record))
            return false;
        // Without writers nothing has to stand still for it, and there is no commit that would do it.
        if (isReadOnly && IsLarge)
            Trim();
        node = new Node(record);
        _nodes.Add(number.Value, node);
        return true;
    }

    /// <summary>An inode's newest attributes, without keeping it in memory: for listing large directories.</summary>
    public bool TryGetRecord(InodeNumber number, out InodeRecord record)
    {
        if (!_nodes.TryGetValue(number.Value, out Node? node))
            return metadata.Inodes.TryGet(number, out record);
        record = node.Record;
        return true;
    }

    /// <summary>Takes in an inode just made.</summary>
    public Node Add(in InodeRecord record)
    {
        var node = new Node(record) { IsNew = true };
        _nodes.Add(record.Number.Value, node);
        MarkDirty(node);
        return node;
    }

    /// <summary>Notes that the record was changed.</summary>
    public void MarkDirty(Node node)
    {
        if (node.IsDirty)
            return;
        node.IsDirty = true;
        _dirty.Add(node);
    }

    /// <summary>Writes an inode's record now: before rows that refer to it, or that keep facts in its row.</summary>
    public void Store(Node node)
    {
        if (!node.IsDirty || node.IsReaped)
            return;
        if (node.IsNew)
            metadata.Inodes.Insert(node.Record);
        else
            metadata.Inodes.Update(node.Record);
        node.IsNew = false;
        node.IsDirty = false;
    }

    /// <summary>Adds up the inodes that the metadata does not have yet, which its own figures therefore lack.</summary>
    public NewInodes CountNew()
    {
        NewInodes count = default;
        foreach (Node node in _dirty)
        {
            if (!node.IsNew || node.IsReaped)
                continue;
            if (node.Record.IsRegularFile)
                count.Files++;
            else if (node.Record.IsDirectory)
                count.Directories++;
            else
                count.Others++;
            count.LogicalBytes += node.Record.IsRegularFile ? node.Record.Size : 0;
        }

        return count;
    }

    /// <summary>Inodes without names whose latest records the metadata does not have.</summary>
    public IEnumerable<InodeNumber> ListUnnamed() =>
        _dirty.Where(node => node.IsDirty && !node.IsReaped && node.Record.LinkCount == 0).Select(node => node.Number);

    /// <summary>Writes every changed record.</summary>
    public void StoreAll()
    {
        foreach (Node node in _dirty)
            Store(node);
        _dirty.Clear();
    }

    /// <summary>Writes up to a number of changed records. False: none is left.</summary>
    public bool StoreSome(int countMax)
    {
        for (; countMax > 0 && _dirty.Count > 0; countMax--)
        {
            Node node = _dirty[^1];
            _dirty.RemoveAt(_dirty.Count - 1);
            Store(node);
        }

        return _dirty.Count > 0;
    }

    /// <summary>
    /// Forgets every inode, because the metadata holds others now. Only standing still, with nothing dirty.
    /// </summary>
    public void Clear()
    {
        _nodes.Clear();
        _withData.Clear();
        _dirty.Clear();
    }

    /// <summary>Forgets a deleted inode.</summary>
    public void Remove(Node node) => _nodes.Remove(node.Number.Value);

    /// <summary>The data side of a file, made when there is none.</summary>
    public FileData DataOf(Node node)
    {
        if (node.Data is { } data)
            return data;
        _withData.Add(node);
        return node.Data = new FileData();
    }

    /// <summary>Whether there is more in memory than should stay.</summary>
    public bool IsLarge => _nodes.Count > CountMax || _withData.Count > DataCountMax;

    /// <summary>Drops what is clean when there is too much of it. Only while nothing changes the tree.</summary>
    public void Trim()
    {
        if (_withData.Count > DataCountMax)
        {
            foreach (Node node in _withData)
                if (IsClean(node))
                    node.Data = null;
            _withData.RemoveAll(node => node.Data is null);
        }

        if (_nodes.Count <= CountMax)
            return;
        foreach ((long number, Node node) in _nodes)
        {
            if (IsClean(node) && node.Data is null)
                _nodes.Remove(number);
            if (_nodes.Count <= CountMax / 2)
                return;
        }
    }

    private static bool IsClean(Node node) =>
        (node.IsReaped || !node.IsDirty) &&
        (node.Data is not { } data || (data.Dirty.IsEmpty && data.Draining.IsEmpty && !data.IsQueued));

    internal record struct NewInodes(long Files, long Directories, long Others, long LogicalBytes);
}
