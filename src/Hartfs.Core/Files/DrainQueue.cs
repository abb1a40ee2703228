namespace Hartfs.Core.Files;

/// <summary>Files with dirty data, in the order in which they became dirty.</summary>
internal sealed class DrainQueue
{
    // guards: _nodes; taken inside a file's data lock
    private readonly Lock _lock = new();
    private readonly Queue<Node> _nodes = new();

    public int Count
    {
        get
        {
            lock (_lock)
                return _nodes.Count;
        }
    }

    /// <summary>Queues a file unless it is queued. The caller holds the file's data lock.</summary>
    public void Enqueue(Node node)
    {
        FileData data = node.Data!;
        if (data.IsQueued)
            return;
        data.IsQueued = true;
        lock (_lock)
            _nodes.Enqueue(node);
    }

    /// <summary>
    /// Drains what the file that became dirty first holds at this moment, and queues it again if something is left: a
    /// writer that goes on cannot keep the caller. False: no file is dirty.
    /// </summary>
    /// <remarks>
    /// Inside the gate, taking the file included: a file out of the queue with its bytes undrained would be missed by
    /// a commit.
    /// </remarks>
    /// <param name="writer">The calling thread's.</param>
    /// <param name="streamBytesMin">Files with this many dirty bytes keep what is behind their last certain
    /// cut.</param>
    public bool DrainNext(FileWriter writer, long streamBytesMin)
    {
        if (!TryTake(out Node node))
            return false;
        FileData data = node.Data!;
        try
        {
            long left = data.Dirty.DataBytes;
            bool isFinal = left < streamBytesMin;
            while (writer.DrainStep(node, data, isFinal) && isFinal && left > FileWriter.StepBytes)
                left -= FileWriter.StepBytes;
        }
        finally
        {
            lock (data.Lock)
                if (!data.Dirty.IsEmpty)
                    Enqueue(node);
        }

        return true;
    }

    /// <summary>Puts what the file that became dirty first holds into the metadata. False: no file is dirty.</summary>
    public bool StoreNextInline(FileWriter writer)
    {
        if (!TryTake(out Node node))
            return false;
        writer.StoreInline(node, node.Data!);
        return true;
    }

    private bool TryTake(out Node node)
    {
        bool found;
        lock (_lock)
            found = _nodes.TryDequeue(out node!);
        if (found)
            lock (node.Data!.Lock)
                node.Data.IsQueued = false;
        return found;
    }

    /// <summary>Dirty bytes of all queued files. Only while nothing changes.</summary>
    public long SumDataBytes()
    {
        long bytes = 0;
        lock (_lock)
            foreach (Node node in _nodes)
                bytes += node.Data!.Dirty.DataBytes;
        return bytes;
    }
}
