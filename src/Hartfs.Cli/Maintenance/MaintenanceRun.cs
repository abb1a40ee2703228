using System.Runtime.InteropServices;
using Hartfs.Cli.Commands;
using Hartfs.Cli.Control;
using Hartfs.Cli.Mounting;
using Hartfs.Core;

namespace Hartfs.Cli.Maintenance;

/// <summary>
/// Long work on a volume, wherever it is: in the process behind its mount, or in this one. Shows progress, and ends in
/// order at SIGINT and SIGTERM.
/// </summary>
internal sealed class MaintenanceRun : IDisposable
{
    private readonly CommandContext _context;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly PosixSignalRegistration[] _signals;

    /// <param name="path">The volume, or any path on its mount.</param>
    public MaintenanceRun(CommandContext context, string path)
    {
        _context = context;
        string real = HostPath.Real(path);
        Volume = VolumeName.Parse(Mounts.Containing(real)?.Source ?? real).Volume;
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
        ];
    }

    /// <summary>Given the parts of a long answer.</summary>
    public Action<ControlResponse>? Part { get; init; }

    /// <summary>Whether the volume is opened for reading only, when it is not mounted.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// Whether the work is done on a volume open for reading where its directory cannot be written to: a failing disk
    /// is mounted read-only, and its owner wants to know what is left.
    /// </summary>
    public bool MayBeReadOnly { get; init; }

    /// <summary>Whether the work is over at once: no progress is shown.</summary>
    public bool IsQuick { get; init; }

    /// <summary>The volume's directory.</summary>
    public string Volume { get; }

    public bool IsInterrupted => _cancellation.IsCancellationRequested;

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        _cancellation.Dispose();
    }

    /// <summary>Runs the work in the mount, when there is one, or on the volume opened here.</summary>
    /// <param name="request">What the mount is asked.</param>
    /// <param name="holder">The command, for whoever finds the volume in use.</param>
    /// <param name="work">The same work on an opened volume; the answer as the mount would give it.</param>
    public ControlResponse Run(ControlRequest request, string holder,
        Func<Volume, IProgress<MaintenanceProgress>, CancellationToken, ControlResponse> work)
    {
        var display = new MaintenanceDisplay(_context.Error);
        return IsQuick ? Do() : display.Run(Do);

        ControlResponse Do()
        {
            using (ControlClient? client = ControlClient.TryConnect(Volume))
            {
                if (client is not null)
                    return client.Ask(request, display, _cancellation.Token, Part);
            }

            VolumeSettings settings = VolumeSettings.Ordinary with
            {
                ReadOnly = IsReadOnly,
                Holder = $"{holder} (process {Environment.ProcessId})",
                ScrubInterval = null,
            };
            using Volume opened = Open(settings);
            return work(opened, display, _cancellation.Token);
        }
    }

    private Volume Open(VolumeSettings settings)
    {
        try
        {
            return Core.Volume.Open(Volume, settings, _context.Loggers);
        }
        catch (VolumeException refusal) when (MayBeReadOnly && refusal.Failure == VolumeFailure.NotPermitted)
        {
            return Core.Volume.Open(Volume, settings with { ReadOnly = true }, _context.Loggers);
        }
    }

    /// <summary>Runs work in this process.</summary>
    public T RunHere<T>(Func<IProgress<MaintenanceProgress>, CancellationToken, T> work)
    {
        var display = new MaintenanceDisplay(_context.Error);
        return display.Run(() => work(display, _cancellation.Token));
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _cancellation.Cancel();
    }
}
