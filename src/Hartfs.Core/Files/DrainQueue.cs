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

    /// <summary>Takes the file that became dirty first. It must be drained, or enqueued again.</summary>
    public bool TryDequeue(out Node node)
    {
        bool found;
        lock (_lock)
            found = _nodes.TryDequeue(out node!);
        if (found)
            lock (node.Data!.Lock)
                node.Data.IsQueued = false;
        return found;
    }

    /// <summary>
    /// Drains what a file taken from the queue holds at this moment, and queues it again if something is left: a
    /// writer that goes on cannot keep the caller. Inside the gate.
    /// </summary>
    public void Drain(Node node, FileWriter writer, bool isFinal)
    {
        FileData data = node.Data!;
        try
        {
            long left = data.Dirty.DataBytes;
            while (writer.DrainStep(node, data, isFinal) && isFinal && left > FileWriter.StepBytes)
                left -= FileWriter.StepBytes;
        }
        finally
        {
            lock (data.Lock)
                if (!data.Dirty.IsEmpty)
                    Enqueue(node);
        }
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
