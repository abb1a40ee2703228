using System.CommandLine;
using System.Text.Json;
using Hartfs.Benchmarks.Filesystems;
using Hartfs.Benchmarks.Ladder;
using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks;

/// <summary>
/// <c>ladder</c>: the same workloads on every rung from the bare disk to the mount, and on the peers.
/// </summary>
internal static class LadderCommand
{
    private static readonly Option<int> Size = new("--size")
    {
        Description = "MiB of the large file.",
        DefaultValueFactory = _ => 256,
    };
    private static readonly Option<int> Files = new("--files")
    {
        Description = "Small files.",
        DefaultValueFactory = _ => 20_000,
    };
    private static readonly Option<int> Repetitions = new("--repetitions")
    {
        Description = "How often every workload is done on every rung.",
        DefaultValueFactory = _ => 3,
    };
    private static readonly Option<ContentKind> Content = new("--content")
    {
        Description = "What the large file holds.",
        DefaultValueFactory = _ => ContentKind.Text,
    };
    private static readonly Option<DirectoryInfo?> Tree = new("--tree")
    {
        Description = "A source tree to unpack; without it the first corpus that ratio has fetched, if any.",
    };
    private static readonly Option<string[]> Rungs = new("--rung")
    {
        Description = $"Only these: {string.Join(", ", LadderRungs.All.Select(rung => rung.Name))}.",
        AllowMultipleArgumentsPerToken = true,
    };

    public static Command Create()
    {
        var command = new Command("ladder", "Measures speed on every rung from the bare disk to the mount.")
        {
            Size, Files, Repetitions, Content, Tree, Rungs, CommonOptions.Scratch, CommonOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        using var scratch = new Scratch(parsed.GetValue(CommonOptions.Scratch)!);
        var sizes = new LadderSizes
        {
            FileBytes = parsed.GetValue(Size) << 20,
            SmallFileCount = parsed.GetValue(Files),
            RandomReadCount = 2000,
            SynchronizeCount = 100,
            Repetitions = parsed.GetValue(Repetitions),
            Content = parsed.GetValue(Content),
            TreeArchive = Archive(scratch, parsed.GetValue(Tree)?.FullName ?? DefaultTree()),
        };
        if (parsed.GetValue(Rungs) is null or [] || parsed.GetValue(Rungs)!.Contains(LadderRungs.Mounted))
            HartfsProgram.Build(CommonOptions.Progress);
        var rungs = new List<IRung>();
        foreach (LadderRung rung in LadderRungs.All)
        {
            if (parsed.GetValue(Rungs) is { Length: > 0 } wanted && !wanted.Contains(rung.Name)) continue;
            string? missing = rung.Programs.FirstOrDefault(program => ExternalProgram.Find(program) is null);
            if (missing is not null)
                CommonOptions.Progress($"{rung.Name} is left out: no {missing} on this machine");
            else
                rungs.Add(rung.Open(scratch, sizes));
        }

        try
        {
            List<LadderReading> readings = new LadderRun(rungs, sizes, CommonOptions.Progress).Measure();
            Console.WriteLine(parsed.GetValue(CommonOptions.Json)
                ? JsonSerializer.Serialize(readings, CommonOptions.Indented)
                : LadderReport.Render(readings));
            return 0;
        }
        finally
        {
            foreach (IRung rung in rungs) rung.Dispose();
        }
    }

    private static string? DefaultTree()
    {
        string sources = Path.Combine(CommonOptions.CorpusFolder, "code-debsrc");
        return Directory.Exists(sources) ? Directory.GetDirectories(sources).Order().FirstOrDefault() : null;
    }

    private static string? Archive(Scratch scratch, string? tree)
    {
        if (tree is null)
        {
            CommonOptions.Progress("no source tree to unpack: run `ratio` first, or give --tree");
            return null;
        }

        string archive = scratch.NewPath("tree.tar");
        ExternalProgram.Run("tar", ["-cf", archive, "-C", tree, "."]);
        return archive;
    }
}
