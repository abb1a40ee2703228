using System.CommandLine;
using Hartfs.Benchmarks.Machine;
using Hartfs.Benchmarks.Snapshots;

namespace Hartfs.Benchmarks;

/// <summary><c>snapshots</c>: what snapshots cost.</summary>
internal static class SnapshotsCommand
{
    public static Command Create()
    {
        Option<int> files = new("--files")
        {
            Description = "Files in the tree.",
            DefaultValueFactory = _ => 1_000_000,
        };
        Option<int> snapshots = new("--snapshots")
        {
            Description = "Snapshots on one volume.",
            DefaultValueFactory = _ => 10_000,
        };
        var command = new Command("snapshots",
            "Measures snapshots in this process: the pause under load, and what ten thousand of them cost.")
        {
            files, snapshots, CommonOptions.Scratch,
        };
        command.SetAction(parsed =>
        {
            using var scratch = new Scratch(parsed.GetValue(CommonOptions.Scratch)!);
            var run = new SnapshotRun(scratch.NewPath("volume"), CommonOptions.Progress);
            Console.WriteLine(run.Measure(parsed.GetValue(files), parsed.GetValue(snapshots)));
            return 0;
        });
        return command;
    }
}
