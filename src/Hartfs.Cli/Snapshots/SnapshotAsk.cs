using Hartfs.Cli.Commands;
using Hartfs.Cli.Control;
using Hartfs.Cli.Maintenance;
using Hartfs.Core;

namespace Hartfs.Cli.Snapshots;

/// <summary>Has something done about snapshots, by the process behind the mount or on the volume opened here.</summary>
internal static class SnapshotAsk
{
    /// <param name="path">The volume, or any path on its mount.</param>
    /// <param name="isReadOnly">Whether reading is all it takes.</param>
    /// <param name="isQuick">Whether it is over at once.</param>
    /// <param name="part">Given each part of the answer, the last one included.</param>
    public static SnapshotAnswer Run(CommandContext context, string path, SnapshotRequest request,
        bool isReadOnly = false, bool isQuick = true, Action<SnapshotAnswer>? part = null)
    {
        using var run = new MaintenanceRun(context, path)
        {
            IsReadOnly = isReadOnly,
            IsQuick = isQuick,
            Part = response => Take(response.Snapshot),
        };
        var control = new ControlRequest(ControlProtocol.Version, ControlVerbs.Snapshot) { Snapshot = request };
        SnapshotAnswer answer = run.Run(control, $"hartfs snapshot {request.Action}", (volume, progress, cancel) =>
        {
            var work = new SnapshotWork(volume, static () => { }, Take, progress, cancel);
            SnapshotAnswer done = work.Do(request);
            FsError error = volume.Commit();
            return error == FsError.None
                ? new ControlResponse { Ok = true, Snapshot = done }
                : throw new CommandFailure(ExitCode.IoFailure, $"what was done is not durable: {error}.");
        }).Snapshot ?? throw new CommandFailure(ExitCode.NoAnswer, "the mount's answer has no result.");
        Take(answer);
        return answer;

        void Take(SnapshotAnswer? some)
        {
            if (some is not null)
                part?.Invoke(some);
        }
    }
}
