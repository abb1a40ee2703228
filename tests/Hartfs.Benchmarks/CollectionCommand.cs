using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Hartfs.Benchmarks.Collecting;
using Hartfs.Benchmarks.Machine;
using Hartfs.Benchmarks.Reporting;

namespace Hartfs.Benchmarks;

/// <summary><c>collection</c>: how fast rows are pruned, references looked at and room brought back.</summary>
internal static class CollectionCommand
{
    private static readonly Option<int> Size = new("--size")
    {
        Description = "MiB of file data.",
        DefaultValueFactory = _ => 1024,
    };
    private static readonly Option<int> Files = new("--files")
    {
        Description = "Files whose versions are kept and pruned.",
        DefaultValueFactory = _ => 200_000,
    };

    public static Command Create()
    {
        var command = new Command("collection", "Measures deletion, pruning and collection in this process.")
        {
            Size, Files, CommonOptions.Scratch, CommonOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        using var scratch = new Scratch(parsed.GetValue(CommonOptions.Scratch)!);
        List<CollectionReading> readings =
        [
            .. RowMeasurement.Run(scratch, parsed.GetValue(Files), CommonOptions.Progress),
            .. PackMeasurement.Run(scratch, parsed.GetValue(Size), CommonOptions.Progress),
        ];
        if (parsed.GetValue(CommonOptions.Json))
        {
            Console.WriteLine(JsonSerializer.Serialize(readings, CommonOptions.Indented));
            return 0;
        }

        var table = new TextTable("what", "amount", "seconds", "a second");
        foreach (CollectionReading reading in readings)
            table.Add(reading.What, Number(reading.Amount, reading.Unit), $"{Round(reading.Seconds)}",
                Number(reading.Amount / reading.Seconds, reading.Unit));
        Console.WriteLine(table);
        return 0;
    }

    private static string Number(double value, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{value:#,0} {unit}");

    private static string Round(double seconds) => seconds.ToString("0.000", CultureInfo.InvariantCulture);
}
