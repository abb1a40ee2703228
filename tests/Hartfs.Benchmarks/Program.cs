using System.CommandLine;
using Hartfs.Benchmarks;
using Hartfs.Benchmarks.Machine;

var root = new RootCommand("Measures Hartfs beside its peers. Results are recorded in native-notes/performance.md.")
{
    RatioCommand.Create(),
    LadderCommand.Create(),
    MicroCommand.Create(),
    SnapshotsCommand.Create(),
    CollectionCommand.Create(),
};

try
{
    return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (BenchmarkException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}
