using System.CommandLine;
using System.Globalization;
using System.Numerics;
using Hartfs.Cli.Interop;
using Hartfs.Cli.Output;
using Hartfs.Core;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs create</c>: makes an empty volume.</summary>
internal static class CreateCommand
{
    private const int ChunkBytesMin = 1 << 10;
    private const int ChunkBytesMax = 32 << 10;
    private const int BlockBytesMin = 64 << 10;
    private const int BlockBytesMax = 1 << 20;
    private const int LevelMax = 19;
    private const int ParityPercentMax = 25;

    public static Command Build()
    {
        var defaults = new VolumeParameters();
        Argument<string> volume = GlobalOptions.Volume();
        volume.Description = "The directory to make; it may exist if it is empty.";
        Option<string> chunkSize = Size("--chunk-size", "Average chunk: smaller finds more duplicates, larger needs "
            + "less memory. A power of two from 1K to 32K.", defaults.ChunkBytesAverage);
        Option<string> blockSize = Size("--block-size", "Bytes compressed together: larger shrinks better, smaller "
            + "reads faster at random. A power of two from 64K to 1M.", defaults.BlockBytes);
        var level = new Option<int>("--level")
        {
            Description = "zstd level of new data, 1 (fast) to 19 (small).",
            HelpName = "LEVEL",
            DefaultValueFactory = _ => defaults.CompressionLevel,
        };
        var parity = new Option<string?>("--parity")
        {
            Description = "Parity beside the data, such as 5%: repairs damage of the disk up to that. At most 25%.",
            HelpName = "PERCENT",
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("create", "Make a volume in a new or empty directory.")
            .WithExample("hartfs create ~/library", "with the defaults, good for most data")
            .WithExample("hartfs create --parity 5% ~/photos", "damage of the disk is repaired by scrubs")
            .WithExample("hartfs create --level 9 --block-size 1M ~/archive", "smaller and slower");
        command.Add(volume);
        command.Add(chunkSize);
        command.Add(blockSize);
        command.Add(level);
        command.Add(parity);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            var parameters = new VolumeParameters
            {
                ChunkBytesAverage = PowerOfTwo("--chunk-size", context.Value(chunkSize), ChunkBytesMin, ChunkBytesMax),
                BlockBytes = PowerOfTwo("--block-size", context.Value(blockSize), BlockBytesMin, BlockBytesMax),
                CompressionLevel = Level(context.Value(level)),
                ParityPercent = Parity(context.Value(parity)),
                RootOwner = OperatingSystem.IsWindows()
                    ? default
                    : new Credentials(LibC.EffectiveUserId(), LibC.EffectiveGroupId()),
            };
            return Run(context, Path.GetFullPath(context.Value(volume)), parameters, context.Value(json));
        }));
        return command;
    }

    private static ExitCode Run(CommandContext context, string directory, VolumeParameters parameters, bool json)
    {
        MakePrivate(directory);
        Volume.Create(directory, parameters);
        if (json)
        {
            context.Output.WriteLine(JsonText.Indented(new CreatedVolume(directory, parameters.ChunkBytesAverage,
                parameters.BlockBytes, parameters.CompressionLevel), JsonText.Pretty.CreatedVolume));
        }
        else
        {
            context.Output.WriteLine($"Made a volume in {directory}.");
            context.Output.WriteLine($"Next: hartfs mount {ShellWord.Quote(directory)} MOUNTPOINT");
        }

        return ExitCode.Success;
    }

    /// <summary>Packs hold what may be nobody else's to read: a directory made here is its owner's alone.</summary>
    private static void MakePrivate(string directory)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (Directory.Exists(directory) || File.Exists(directory) || OperatingSystem.IsWindows())
            return;
        if (Path.GetDirectoryName(directory) is { } parent)
            Directory.CreateDirectory(parent);
        Directory.CreateDirectory(directory, ownerOnly);
    }

    private static Option<string> Size(string name, string description, int defaultBytes) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        DefaultValueFactory = _ => (defaultBytes >> 10).ToString(CultureInfo.InvariantCulture) + "K",
    };

    private static int PowerOfTwo(string option, string text, int min, int max)
    {
        if (ByteSize.TryParse(text, out long bytes) && bytes >= min && bytes <= max && BitOperations.IsPow2(bytes))
            return (int)bytes;
        throw new CommandFailure(ExitCode.Usage,
            $"{option} {text}: must be a power of two from {ByteSize.Format(min)} to {ByteSize.Format(max)}.");
    }

    private static int Parity(string? text)
    {
        if (text is null)
            return 0;
        ReadOnlySpan<char> number = text.AsSpan().TrimEnd('%');
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int percent)
            && percent <= ParityPercentMax
                ? percent
                : throw new CommandFailure(ExitCode.Usage,
                    $"--parity {text}: must be whole percents up to {ParityPercentMax}, such as 5%.");
    }

    private static int Level(int level) => level is >= 1 and <= LevelMax
        ? level
        : throw new CommandFailure(ExitCode.Usage, $"--level {level}: must be from 1 to {LevelMax}.");
}
