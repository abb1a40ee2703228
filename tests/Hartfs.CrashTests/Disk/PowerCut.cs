namespace Hartfs.CrashTests.Disk;

/// <summary>What becomes of requests that no synchronization covers.</summary>
internal enum Loss
{
    /// <summary>All are lost: the least that a disk may keep.</summary>
    All,

    /// <summary>None is lost: what kill -9 leaves.</summary>
    None,

    /// <summary>Of each file the first ones are kept, one is torn, the others are lost.</summary>
    Ends,

    /// <summary>Each is kept, lost or torn by itself: the disk reorders.</summary>
    Scattered,
}

/// <summary>A power cut, and what the disk made of it.</summary>
/// <param name="Position">How many requests were answered; the next one may be under way.</param>
/// <param name="Loss">How unsynchronized requests fare.</param>
/// <param name="Seed">Chooses among what that leaves open.</param>
internal sealed record PowerCut(int Position, Loss Loss, int Seed)
{
    /// <summary>Cuts around each synchronization of a run, and some at any moment.</summary>
    public static List<PowerCut> Choose(SimulatedDisk disk, Random random, bool everySynchronization, int randomCount)
    {
        List<PowerCut> cuts = [];
        for (int position = 0; everySynchronization && position < disk.Log.Count; position++)
        {
            if (disk.Log[position].Kind is not (DiskEventKind.Synchronize or DiskEventKind.SynchronizeNames)) continue;
            cuts.Add(At(position, Loss.All));
            cuts.Add(At(position, Loss.Ends));
            cuts.Add(At(position, Loss.Scattered));
            cuts.Add(At(position + 1, Loss.All));
        }

        for (int count = 0; count < randomCount; count++)
            cuts.Add(At(random.Next(disk.Log.Count + 1), (Loss)random.Next(4)));
        return cuts;

        PowerCut At(int position, Loss loss) => new(position, loss, random.Next());
    }

    /// <summary>What is found on the disk afterwards.</summary>
    public Dictionary<string, byte[]> Strike(SimulatedDisk disk) => Strike(disk, out _);

    /// <param name="disk">Which disk.</param>
    /// <param name="mark">Equal where two cuts of one disk leave the same.</param>
    public Dictionary<string, byte[]> Strike(SimulatedDisk disk, out UInt128 mark) =>
        Strike(disk, disk.Log, static _ => true, out mark);

    /// <summary>The least that is left of some files if the power is cut now, while the disk is in use.</summary>
    public static Dictionary<string, byte[]> StrikeNow(SimulatedDisk disk, Func<string, bool> which)
    {
        IReadOnlyList<DiskEvent> log = disk.CopyLog();
        return new PowerCut(log.Count, Loss.All, 0).Strike(disk, log, which, out _);
    }

    private Dictionary<string, byte[]> Strike(
        SimulatedDisk disk, IReadOnlyList<DiskEvent> log, Func<string, bool> which, out UInt128 mark)
    {
        DiskMark kept = new();
        Random random = new(Seed);
        Dictionary<DiskFile, FileHistory> files = [];
        SortedDictionary<string, List<(int Index, DiskEvent Event)>> names = new(StringComparer.Ordinal);
        Dictionary<string, int> foldersDurableUntil = new(StringComparer.Ordinal);
        foreach (DiskFile file in disk.InitialFiles) NameEvents(names, file.Name);
        for (int index = 0; index < Position; index++)
        {
            DiskEvent entry = log[index];
            FileHistory history = HistoryOf(files, entry.File);
            if (entry.Kind == DiskEventKind.Synchronize)
                history.DurableUntil = Math.Max(history.DurableUntil, entry.Begin);
            else if (entry.Kind == DiskEventKind.FailToSynchronize)
                history.GiveUp(entry.Begin);
            else if (entry.Kind == DiskEventKind.SynchronizeNames)
                foldersDurableUntil[entry.Folder] = entry.Begin;
            else if (entry.Kind is DiskEventKind.Create or DiskEventKind.Delete)
                NameEvents(names, entry.Name).Add((index, entry));
            else
                history.Changes.Add((index, entry));
        }

        bool hasNext = (Loss is Loss.Ends or Loss.Scattered) && Position < log.Count;
        if (hasNext && log[Position] is { Kind: DiskEventKind.Write or DiskEventKind.Truncate } next)
            HistoryOf(files, next.File).Changes.Add((Position, next));
        Dictionary<string, byte[]> left = new(StringComparer.Ordinal);
        DiskFile[] origins = [.. files.Keys];
        foreach ((string name, List<(int, DiskEvent)> events) in names.Where(entry => which(entry.Key)))
        {
            DiskFile? file = disk.InitialFiles.FirstOrDefault(file => file.Name == name);
            string folder = name[..(name.LastIndexOf('/') + 1)];
            file = ChooseFile(file, events, foldersDurableUntil.GetValueOrDefault(folder), random);
            if (file is null) continue;
            kept.Begin(name, Array.IndexOf(origins, file));
            left[name] = ChooseBytes(HistoryOf(files, file), file, random, kept);
        }

        mark = kept.Value;
        return left;
    }

    /// <summary>Creations and deletions of a name reach the disk in order, a durable one with all before.</summary>
    private DiskFile? ChooseFile(
        DiskFile? initial, List<(int Index, DiskEvent Event)> events, int durableUntil, Random random)
    {
        int durableCount =
            events.FindLastIndex(entry => entry.Index < durableUntil || entry.Event.IsDurable) + 1;
        int count = Loss switch
        {
            Loss.All => durableCount,
            Loss.None => events.Count,
            _ => random.Next(durableCount, events.Count + 1),
        };
        if (count == 0) return initial;
        DiskEvent last = events[count - 1].Event;
        return last.Kind == DiskEventKind.Create ? last.File : null;
    }

    private byte[] ChooseBytes(FileHistory history, DiskFile file, Random random, DiskMark kept)
    {
        if (file.IsFolder) return SimulatedDisk.Folder;
        ByteBuffer bytes = new(file.Initial);
        int pendingCount = history.Changes.Count(
            change => !history.IsDurable(change.Index) && change.Event.Kind != DiskEventKind.Damage);
        int pending = 0;
        int whole = Loss switch
        {
            Loss.All => 0,
            Loss.None => pendingCount,
            _ => random.Next(pendingCount + 1),
        };
        for (int index = 0; index < history.Changes.Count; index++)
        {
            (int at, DiskEvent change) = history.Changes[index];
            if (history.IsDurable(at) || change.Kind == DiskEventKind.Damage)
            {
                Apply(index);
                continue;
            }

            if (Loss == Loss.All) continue;
            int fate = Loss == Loss.Scattered ? random.Next(5) : pending < whole ? 0 : pending == whole ? 4 : 2;
            pending++;
            if (fate < 2) Apply(index);
            else if (fate == 4) Tear(bytes, history.Changes[index], random, kept);
        }

        return bytes.Finish();

        void Apply(int index)
        {
            (int at, DiskEvent change) = history.Changes[index];
            kept.Add(at, 0, change.Bytes?.Length ?? 0);
            if (change.Kind == DiskEventKind.Truncate) bytes.SetLength(change.Offset);
            else if (change.Kind == DiskEventKind.Damage) bytes.Damage(change.Offset, change.Bytes);
            else bytes.Write(change.Offset, change.Bytes);
        }
    }

    /// <summary>A part arrives, mostly the beginning; a truncation is one thing.</summary>
    private static void Tear(
        ByteBuffer bytes, (int Index, DiskEvent Event) torn, Random random, DiskMark kept)
    {
        DiskEvent change = torn.Event;
        if (change.Kind != DiskEventKind.Write) return;
        int from = random.Next(3) == 0 ? random.Next(change.Bytes!.Length + 1) : 0;
        int count = random.Next(change.Bytes!.Length - from + 1);
        if (count == 0) return;
        kept.Add(torn.Index, from, count);
        bytes.Write(change.Offset + from, change.Bytes.AsSpan(from, count));
    }

    private static FileHistory HistoryOf(Dictionary<DiskFile, FileHistory> files, DiskFile file)
    {
        if (!files.TryGetValue(file, out FileHistory? history)) files[file] = history = new FileHistory();
        return history;
    }

    private static List<(int Index, DiskEvent Event)> NameEvents(
        SortedDictionary<string, List<(int Index, DiskEvent Event)>> names, string name)
    {
        if (!names.TryGetValue(name, out List<(int Index, DiskEvent Event)>? events)) names[name] = events = [];
        return events;
    }

    private sealed class FileHistory
    {
        public List<(int Index, DiskEvent Event)> Changes { get; } = [];

        public int DurableUntil { get; set; }

        private List<(int From, int To)> GivenUp { get; } = [];

        public bool IsDurable(int request) =>
            request < DurableUntil && !GivenUp.Exists(range => request >= range.From && request < range.To);

        /// <summary>What no synchronization has covered yet is never going to be durable.</summary>
        public void GiveUp(int until) => GivenUp.Add((DurableUntil, until));
    }
}
