using System.Runtime.InteropServices;
using Hartfs.Format;

namespace Hartfs.Cli.Copying;

/// <summary>One import or export with its names for people, ended early by SIGINT or SIGTERM.</summary>
internal sealed class CopyJob : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly PosixSignalRegistration[] _signals;

    public CopyJob(string source, string target)
    {
        SourceText = source;
        TargetText = target;
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
        ];
    }

    public string SourceText { get; }

    public string TargetText { get; }

    public CopyProgress Progress { get; } = new();

    public bool IsInterrupted => _cancellation.IsCancellationRequested;

    /// <summary>Why the copy stopped before its end; null when it did not, or was interrupted.</summary>
    public TreeException? Stopper { get; private set; }

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        _cancellation.Dispose();
    }

    /// <summary>Copies on this thread. Throws <see cref="CommandFailure"/> when there is nothing to copy.</summary>
    public void Run(TreePlace source, TreePlace target, ItemIdentity? excluded)
    {
        ItemAttributes attributes = source.Directory.Find(source.Name)
            ?? throw new CommandFailure(ExitCode.PathNotFound, $"{SourceText}: no such file or directory.");
        if (!InodeMode.IsDirectory(attributes.Mode) && target.Name.AsSpan().SequenceEqual("."u8))
            throw new CommandFailure(ExitCode.Usage, $"{SourceText} is no directory: the target needs a name.");
        var copy = new TreeCopy(Progress, _cancellation.Token);
        if (excluded is { } identity)
            copy.Excluded.Add(identity);
        try
        {
            copy.Run(source.Directory, source.Name, target.Directory, target.Name);
        }
        catch (OperationCanceledException)
        {
            // Said by IsInterrupted.
        }
        catch (TreeException failure)
        {
            Stopper = failure;
        }
    }

    /// <summary>Counts ahead on a thread of its own; <paramref name="open"/> opens the source once more.</summary>
    public void CountAhead(Func<TreePlace> open)
    {
        CancellationToken cancellation = _cancellation.Token;
        new Thread(() =>
        {
            try
            {
                TreePlace place = open();
                TreeCount.Run(place.Directory, place.Name, Progress.Total, cancellation);
            }
            catch (CommandFailure)
            {
                // The copy itself reports it.
            }
        })
        { IsBackground = true, Name = "count" }.Start();
    }

    /// <summary>What happened, as figures.</summary>
    public CopyReport Report(TimeSpan time) => new(SourceText, TargetText,
        !IsInterrupted && Stopper is null && Progress.ErrorCount == 0, Progress.Items, Progress.Bytes,
        Progress.SkippedItems, Progress.SkippedBytes, Math.Round(time.TotalSeconds, 3), Progress.ErrorCount,
        Progress.Errors);

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _cancellation.Cancel();
    }
}
