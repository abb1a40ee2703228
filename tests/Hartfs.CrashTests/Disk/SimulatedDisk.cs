namespace Hartfs.CrashTests.Disk;

/// <summary>
/// The files of one volume in memory, packs, index and SQLite's alike, with a log of everything asked of them: from
/// it <see cref="PowerCut"/> makes what a power cut at any moment could leave. Thread-safe.
/// </summary>
internal sealed class SimulatedDisk
{
    private readonly Lock _lock = new(); // guards: everything below
    private readonly SortedDictionary<string, DiskFile> _names = new(StringComparer.Ordinal);
    private readonly List<DiskEvent> _log = [];
    private (string Name, string Path) _mirror = ("", "");

    /// <summary>A disk just switched on: what is on it is durable.</summary>
    public SimulatedDisk(IReadOnlyDictionary<string, byte[]> files)
    {
        foreach ((string name, byte[] bytes) in files)
            _names[name] = new DiskFile(name, bytes) { IsNameDurable = true };
        InitialFiles = [.. _names.Values];
    }

    /// <summary>Stands for a folder where contents are.</summary>
    public static byte[] Folder { get; } = new byte[1];

    public IReadOnlyList<DiskFile> InitialFiles { get; }

    /// <summary>Files whose synchronization is reported as done and is not: a disk that lies.</summary>
    public Func<string, bool> Lies { get; init; } = static _ => false;

    /// <summary>How the disk is going to fail; null: not at all.</summary>
    public DiskFault? Fault { get; set; }

    /// <summary>Bytes that all files together may have.</summary>
    public long Capacity { get; set; } = 1L << 40;

    /// <summary>Bytes that can still be added.</summary>
    public long FreeBytes
    {
        get
        {
            lock (_lock) return Math.Max(0, Capacity - _names.Values.Sum(file => (long)file.Current.Length));
        }
    }

    /// <summary>What the running system sees.</summary>
    public Dictionary<string, byte[]> Snapshot()
    {
        lock (_lock) return _names.ToDictionary(entry => entry.Key, entry => entry.Value.Current.ToArray());
    }

    /// <summary>Requests so far.</summary>
    public int Position
    {
        get
        {
            lock (_lock) return _log.Count;
        }
    }

    /// <summary>To be read when nothing is asked any more.</summary>
    public IReadOnlyList<DiskEvent> Log => _log;

    /// <summary>The same while the disk is in use.</summary>
    public IReadOnlyList<DiskEvent> CopyLog()
    {
        lock (_lock) return [.. _log];
    }

    public DiskFile? Find(string name)
    {
        lock (_lock) return _names.GetValueOrDefault(name);
    }

    public DiskFile FindOrCreate(string name, bool isFolder = false)
    {
        lock (_lock)
        {
            if (_names.TryGetValue(name, out DiskFile? file)) return file;
            FailIfPlanned(DiskFaultKind.NoSpace);
            file = new DiskFile(name, []) { IsFolder = isFolder };
            _names[name] = file;
            _log.Add(new DiskEvent(DiskEventKind.Create, file));
            return file;
        }
    }

    public int Read(DiskFile file, long offset, Span<byte> target)
    {
        lock (_lock)
        {
            FailIfPlanned(DiskFaultKind.ReadError);
            return file.Current.Read(offset, target);
        }
    }

    public int LengthOf(DiskFile file)
    {
        lock (_lock) return file.Current.Length;
    }

    public void Write(DiskFile file, long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            FailIfPlanned(DiskFaultKind.WriteError);
            long growth = offset + bytes.Length - file.Current.Length;
            if (growth > 0)
            {
                try
                {
                    FailIfPlanned(DiskFaultKind.NoSpace);
                    if (growth > FreeBytes) throw new DiskFaultException(DiskFaultKind.NoSpace);
                }
                catch (DiskFaultException)
                {
                    // Of every second write that finds no room a part arrives.
                    if (_log.Count % 2 == 0) Put(file, offset, bytes[..(bytes.Length / 2)]);
                    throw;
                }
            }

            Put(file, offset, bytes);
        }
    }

    public void Append(DiskFile file, ReadOnlySpan<byte> bytes)
    {
        lock (_lock) Write(file, file.Current.Length, bytes);
    }

    public void Truncate(DiskFile file, long length)
    {
        lock (_lock)
        {
            file.Current.SetLength(length);
            if (file.Name == _mirror.Name)
            {
                using FileStream stream = OpenMirror();
                stream.SetLength(length);
            }

            _log.Add(new DiskEvent(DiskEventKind.Truncate, file, length));
        }
    }

    /// <summary>
    /// What is asked while it runs is not covered. Of a new file it is the folder's synchronization too, as both the
    /// block store and SQLite do it.
    /// </summary>
    /// <param name="file">Which.</param>
    /// <param name="alsoName">Whether a new name is made durable with it.</param>
    public void Synchronize(DiskFile file, bool alsoName = true)
    {
        int begin = Position;
        Thread.Yield();
        if (Lies(file.Name)) return;
        try
        {
            lock (_lock) FailIfPlanned(DiskFaultKind.FlushError);
        }
        catch (DiskFaultException)
        {
            lock (_lock) _log.Add(new DiskEvent(DiskEventKind.FailToSynchronize, file, Begin: begin));
            throw;
        }

        lock (_lock) _log.Add(new DiskEvent(DiskEventKind.Synchronize, file, Begin: begin));
        if (alsoName && !file.IsNameDurable) SynchronizeNames(file);
    }

    public void SynchronizeNames(DiskFile file)
    {
        lock (_lock)
        {
            file.IsNameDurable = true;
            _log.Add(new DiskEvent(DiskEventKind.SynchronizeNames, file, Begin: _log.Count));
        }
    }

    /// <summary>Changes bits of a file behind everybody's back.</summary>
    public void Damage(DiskFile file, long offset, byte[] bits)
    {
        lock (_lock)
        {
            file.Current.Damage(offset, bits);
            _log.Add(new DiskEvent(DiskEventKind.Damage, file, offset, bits));
        }
    }

    /// <summary>
    /// Keeps the bytes of one file in a file of the system too, for who does not read it through this disk.
    /// </summary>
    public void Mirror(string name, string path)
    {
        lock (_lock)
        {
            File.WriteAllBytes(path, _names.TryGetValue(name, out DiskFile? file) ? file.Current.ToArray() : []);
            _mirror = (name, path);
        }
    }

    public void Rename(string from, string to)
    {
        lock (_lock)
        {
            _names.Remove(from, out DiskFile? file);
            _names[to] = file!;
            _log.Add(new DiskEvent(DiskEventKind.Create, file!) { Name = to });
            _log.Add(new DiskEvent(DiskEventKind.Delete, file!) { Name = from });
        }
    }

    public void Delete(string name, bool isDurable)
    {
        lock (_lock)
        {
            if (_names.Remove(name, out DiskFile? file))
                _log.Add(new DiskEvent(DiskEventKind.Delete, file, IsDurable: isDurable) { Name = name });
        }
    }

    private void Put(DiskFile file, long offset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        file.Current.Write(offset, bytes);
        if (file.Name == _mirror.Name)
        {
            using FileStream stream = OpenMirror();
            stream.Position = offset;
            stream.Write(bytes);
        }

        _log.Add(new DiskEvent(DiskEventKind.Write, file, offset, bytes.ToArray()));
    }

    private FileStream OpenMirror() =>
        new(_mirror.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

    private void FailIfPlanned(DiskFaultKind kind)
    {
        if (Fault is not { } fault || fault.Kind != kind) return;
        fault.Seen++;
        if (fault.IsLasting ? fault.HasStruck : fault.Seen == fault.At) throw new DiskFaultException(kind);
    }

    public IReadOnlyList<DiskFile> List(string prefix)
    {
        lock (_lock)
            return [.. _names.Values.Where(file => file.Name.StartsWith(prefix, StringComparison.Ordinal))];
    }
}
