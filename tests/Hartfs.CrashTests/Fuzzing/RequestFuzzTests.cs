using System.Buffers.Binary;
using System.CommandLine;
using System.Net.Sockets;
using System.Text;
using Hartfs.Cli;
using Hartfs.Cli.Control;
using Hartfs.Cli.Copying;
using Hartfs.Cli.Mounting;
using Hartfs.Core;
using Hartfs.CrashTests.Disk;
using Hartfs.CrashTests.Runs;
using Hartfs.Fuse;
using Hartfs.Fuse.Operations;
using Hartfs.Fuse.Protocol;
using Hartfs.Metadata.Integrity;
using Hartfs.Testing;
using Hartfs.Testing.Modelling;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.CrashTests.Fuzzing;

/// <summary>What comes from outside: requests of the kernel, command lines, lines on the control socket.</summary>
public sealed class RequestFuzzTests(ITestOutputHelper output)
{
    private const int HeaderBytes = 40;
    private const int ReplyHeaderBytes = 16;

    private static readonly byte[][] Names =
        [.. new[] { "a", "b", "c", "d", ".", "..", ".snapshots", "x/y", "user.a", "system.posix_acl_access" }
            .Select(Encoding.UTF8.GetBytes), [0xFF, 1], new byte[300]];

    private static readonly string[] Corpus =
    [
        "create", "mount", "unmount", "stats", "import", "export", "snapshot", "--json", "-o", "ro,dirty=64M",
        "size=1G,x-y=z", "commit=5", "/v", "/v:/p/q", "@name", "", "-", "--", "--help", "--average", "1K", "9E", "-1",
        "\0", "\ud83d\ude00", "a=b", ",,,", "'", "../..", "99999999999999999999", "1.5.5G",
    ];

    private static readonly string[] Lines =
    [
        """{"version":1,"verb":"stats","fresh":true}""", """{"version":1,"verb":"unmount","lazy":false}""",
        """{"version":1,"verb":"status"}""", """{"version":1,"verb":"snapshot","name":"a"}""", "[]", "null", "{}",
        """{"version":1,"verb":"gc","dry":true,"x":[[[[{"y":1e999}]]]]}""",
    ];

    [Fact]
    public void Any_request_of_the_kernel_is_answered_and_harms_nothing()
    {
        using CrashHost host = new(new CrashScenario("") { Mix = () => OperationMix.Balanced }.Settings,
            new VolumeParameters { ChunkBytesAverage = 1 << 10, BlockBytes = 64 << 10 });
        using Volume volume = host.Open(new SimulatedDisk(host.NewVolume));
        LogAssert log = new();
        log.Expect("malformed");
        log.Expect("INIT is refused");
        FuseOperations operations = new(volume.Tree, writebackCache: true);
        FuseDispatcher dispatcher = new(operations, log.CreateLogger(""), null);
        using FuseReply reply = new(InitNegotiation.TransferBytesMax);
        FuseActivity activity = new();
        FuzzRun.Execute(output, 60_000, 64 << 20, random =>
        {
            byte[] message = MakeRequest(random);
            ReadOnlySpan<byte> answer = dispatcher.Process(message, reply, activity);
            if (answer.IsEmpty) return;
            Assert.True(answer.Length >= ReplyHeaderBytes);
            Assert.Equal(answer.Length, BinaryPrimitives.ReadInt32LittleEndian(answer));
            int error = BinaryPrimitives.ReadInt32LittleEndian(answer[4..]);
            Assert.InRange(error, -4095, 0);
            Assert.True(error == 0 || answer.Length == ReplyHeaderBytes);
        });
        log.Verify();
        Assert.Equal(FsError.None, volume.Commit());
        lock (volume.TreeLock) Assert.Empty(MetadataInvariants.Check(volume.Metadata));
    }

    [Fact]
    public void Any_command_line_is_understood_or_refused()
    {
        RootCommand root = CommandLine.Build();
        ParserConfiguration parser = new() { ResponseFileTokenReplacer = null };
        FuzzRun.Execute(output, 10_000, 64 << 20, random =>
        {
            string[] words = [.. Enumerable.Range(0, random.Next(7)).Select(_ => Word(random))];
            root.Parse(words, parser);
            Refusable(() => MountOptionList.Parse(words).ToSettings(""));
            Refusable(() => VolumePath.Parse(Word(random)));
        });
    }

    [Fact]
    public void Any_line_on_the_control_socket_is_answered()
    {
        string directory = Directory.CreateTempSubdirectory("hartfs-fuzz-").FullName;
        try
        {
            using ControlServer server = ControlServer.Start(directory,
                (_, _) => throw new InvalidOperationException("reached"), NullLogger.Instance);
            using Socket socket = ControlSocket.TryConnect(directory)!;
            using StreamReader reader = new(new NetworkStream(socket), Encoding.UTF8);
            FuzzRun.Execute(output, 5_000, 16 << 20, random =>
            {
                byte[] line = Mutator.Mutate(Encoding.UTF8.GetBytes(Lines[random.Next(Lines.Length)]), random);
                line.AsSpan().Replace((byte)'\n', (byte)' ');
                socket.Send([.. line, (byte)'\n']);
                Assert.StartsWith("{", reader.ReadLine(), StringComparison.Ordinal);
            });
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Refusable(Action parse)
    {
        try
        {
            parse();
        }
        catch (CommandFailure failure)
        {
            Assert.NotEmpty(failure.Message);
        }
    }

    private static string Word(Random random)
    {
        string word = Corpus[random.Next(Corpus.Length)];
        return random.Next(3) > 0
            ? word
            : Encoding.UTF8.GetString(Mutator.Mutate(Encoding.UTF8.GetBytes(word), random).AsSpan()[..]);
    }

    /// <summary>Mostly requests that have the right shape, on few inodes and names, so that they meet.</summary>
    private static byte[] MakeRequest(Random random)
    {
        using MemoryStream body = new();
        using BinaryWriter writer = new(body);
        int numbers = random.Next(16);
        for (int index = 0; index < numbers; index++) writer.Write(Number(random));
        if (random.Next(2) == 0) writer.Write(Names[random.Next(Names.Length)]);
        if (random.Next(8) > 0) writer.Write((byte)0);
        if (random.Next(3) == 0) writer.Write([.. Names[random.Next(Names.Length)], 0]);
        if (random.Next(6) == 0) writer.Write(Mutator.Noise(random, 5000));
        byte[] message = new byte[HeaderBytes + body.Length];
        body.ToArray().CopyTo(message, HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), random.Next(60));
        BinaryPrimitives.WriteInt64LittleEndian(message.AsSpan(8), random.NextInt64());
        BinaryPrimitives.WriteInt64LittleEndian(message.AsSpan(16), Node(random));
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(24), random.Next(3) * 1000);
        return random.Next(10) == 0 ? Mutator.Mutate(message, random) : message;
    }

    private static long Node(Random random) => random.Next(12) switch
    {
        0 => 0,
        1 => random.NextInt64(),
        2 => (1L << 40) | 1,
        3 => -1,
        < 7 => 1,
        _ => 1 + random.Next(40),
    };

    private static int Number(Random random) => random.Next(8) switch
    {
        0 => random.Next(),
        1 => -1,
        2 => 1 << random.Next(31),
        3 => 0x81A4,
        4 => random.Next(10_000),
        _ => random.Next(4),
    };
}
