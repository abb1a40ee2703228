namespace Hartfs.Benchmarks.Machine;

/// <summary>
/// The working directory of one run, and everything that must be undone when it ends: mounts, loop devices,
/// files. Undone newest first, also when the run fails or is interrupted.
/// </summary>
internal sealed class Scratch : IDisposable
{
    private readonly Lock _lock = new(); // guards: _undo, _disposed
    private readonly List<Undo> _undo = [];
    private int _next;
    private bool _disposed;

    /// <param name="parent">Where to work; it should lie on the disk that is to be measured.</param>
    public Scratch(string parent)
    {
        Root = Path.Combine(Path.GetFullPath(parent), $"hartfs-benchmarks-{Environment.ProcessId}");
        Directory.CreateDirectory(Root);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
        Console.CancelKeyPress += (_, interrupt) =>
        {
            interrupt.Cancel = true;
            Environment.Exit(130);
        };
    }

    /// <summary>The run's own directory.</summary>
    public string Root { get; }

    /// <summary>A new, empty directory.</summary>
    public string NewDirectory(string name)
    {
        string path = NewPath(name);
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>A path that nothing uses yet.</summary>
    public string NewPath(string name) => Path.Combine(Root, $"{Interlocked.Increment(ref _next):d3}-{name}");

    /// <summary>Remembers how to undo something. Disposing the result undoes it now.</summary>
    public IDisposable OnDispose(Action action)
    {
        var undo = new Undo(this, action);
        lock (_lock) _undo.Add(undo);
        return undo;
    }

    /// <summary>Removes a directory tree; no error when there is none.</summary>
    public static void RemoveTree(string path)
    {
        if (Directory.Exists(path)) ExternalProgram.Run("rm", ["-rf", "--one-file-system", path]);
    }

    public void Dispose()
    {
        while (true)
        {
            Undo last;
            lock (_lock)
            {
                if (_undo.Count == 0) break;
                last = _undo[^1];
            }

            try
            {
                last.Dispose();
            }
            catch (BenchmarkException failure)
            {
                Console.Error.WriteLine($"cleaning up: {failure.Message}");
            }
        }

        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
        }

        RemoveTree(Root);
    }

    private sealed class Undo(Scratch owner, Action action) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._lock)
            {
                if (!owner._undo.Remove(this)) return;
            }

            action();
        }
    }
}
