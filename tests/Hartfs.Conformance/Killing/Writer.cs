using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Hartfs.Conformance.Posix;

namespace Hartfs.Conformance.Killing;

/// <summary>
/// Makes, replaces, overwrites, moves and removes files in one directory until the volume is gone, and remembers
/// every state that the directory went through.
/// </summary>
/// <remarks>
/// Each write is below the size of one request and is followed by close(2), at which the kernel hands it over; so
/// every state that a prefix of the requests can leave is known.
/// </remarks>
public sealed class Writer
{
    private const int NameCount = 8;
    private const int LengthMax = 100_000;

    private readonly string _directory;
    private readonly Random _random;
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly List<WriterStep> _steps = [];

    public Writer(string directory, int seed)
    {
        _directory = directory;
        _random = new Random(seed);
        _steps.Add(new WriterStep("begin", [States()]) { Started = 0, Ended = 0 });
    }

    /// <summary>The states, in order; the first is the empty directory.</summary>
    public IReadOnlyList<WriterStep> Steps => _steps;

    /// <summary>When the last fsync that came back was called; 0: none.</summary>
    public long LastSyncStarted { get; private set; }

    /// <summary>Whether it calls fsync now and then.</summary>
    public bool Synchronizes { get; init; } = true;

    /// <summary>Works until a call fails, or for a number of steps.</summary>
    public void Run(int stepCount = int.MaxValue)
    {
        try
        {
            while (stepCount-- > 0)
            {
                Step();
                if (Synchronizes && _random.Next(15) == 0) Synchronize();
            }
        }
        catch (PosixException exception) when (exception.Errno is Errno.ENOTCONN or Errno.ECONNABORTED or Errno.EIO)
        {
            // The volume is gone: that is the point.
        }
    }

    /// <summary>A directory's names and the hashes of their contents.</summary>
    public static Dictionary<string, string> Read(string directory)
    {
        Dictionary<string, string> found = new(StringComparer.Ordinal);
        foreach (string path in Directory.GetFiles(directory))
            found[Path.GetFileName(path)] = Hash(File.ReadAllBytes(path));
        return found;
    }

    private void Step()
    {
        string name = Name();
        switch (_random.Next(10))
        {
            case < 4:
                Replace(name);
                break;
            case < 6 when _files.ContainsKey(name):
                Overwrite(name);
                break;
            case < 7 when _files.ContainsKey(name):
                Change($"unlink {name}", () => Sys.Unlink(At(name)), () => _files.Remove(name));
                break;
            case < 9 when _files.ContainsKey(name):
                Move(name, Name());
                break;
            default:
                Append("log");
                break;
        }
    }

    private void Replace(string name)
    {
        byte[] content = Content();
        string temporary = name + ".new";
        Create(temporary, content);
        Move(temporary, name);
    }

    private void Create(string name, byte[] content)
    {
        _files[name] = [];
        IReadOnlyDictionary<string, string> empty = States();
        _files[name] = content;
        Do($"create {name}", [empty, States()], () =>
        {
            using Descriptor file = Sys.Open(At(name), Sys.O_CREAT | Sys.O_EXCL | Sys.O_WRONLY);
            file.Write(0, content);
            file.Close();
        });
    }

    private void Overwrite(string name)
    {
        byte[] content = (byte[])_files[name].Clone();
        if (content.Length == 0) return;
        int offset = _random.Next(content.Length);
        byte[] piece = new byte[1 + _random.Next(content.Length - offset)];
        _random.NextBytes(piece);
        piece.CopyTo(content, offset);
        Change($"overwrite {name}", () =>
        {
            using Descriptor file = Sys.Open(At(name), Sys.O_WRONLY);
            file.Write(offset, piece);
            file.Close();
        }, () => _files[name] = content);
    }

    private void Append(string name)
    {
        byte[] line = System.Text.Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"line {_steps.Count}\n"));
        if (!_files.TryGetValue(name, out byte[]? before))
        {
            Create(name, line);
            return;
        }

        Change("append", () =>
        {
            using Descriptor file = Sys.Open(At(name), Sys.O_WRONLY | Sys.O_APPEND);
            file.Append(line);
            file.Close();
        }, () => _files[name] = [.. before, .. line]);
    }

    private void Move(string from, string to)
    {
        if (from == to) return;
        Change($"rename {from} {to}", () => Sys.Rename(At(from), At(to)), () =>
        {
            _files[to] = _files[from];
            _files.Remove(from);
        });
    }

    private void Synchronize()
    {
        string? name = _files.Keys.OrderBy(_ => _random.Next()).FirstOrDefault();
        if (name == null) return;
        using Descriptor file = Sys.Open(At(name), Sys.O_RDWR);
        long started = Stopwatch.GetTimestamp();
        file.Sync();
        LastSyncStarted = started;
    }

    private void Change(string what, Action call, Action model)
    {
        model();
        Do(what, [States()], call);
    }

    private void Do(string what, IReadOnlyList<IReadOnlyDictionary<string, string>> states, Action call)
    {
        WriterStep step = new(what, states) { Started = Stopwatch.GetTimestamp() };
        _steps.Add(step);
        call();
        step.Ended = Stopwatch.GetTimestamp();
    }

    private Dictionary<string, string> States() =>
        _files.ToDictionary(entry => entry.Key, entry => Hash(entry.Value), StringComparer.Ordinal);

    private byte[] Content()
    {
        byte[] content = new byte[_random.Next(3) == 0 ? _random.Next(LengthMax) : _random.Next(2000)];
        if (_random.Next(4) != 0) _random.NextBytes(content);
        else content.AsSpan().Fill((byte)_random.Next(256));
        return content;
    }

    private string Name() => "f" + _random.Next(NameCount).ToString(CultureInfo.InvariantCulture);

    private string At(string name) => Path.Combine(_directory, name);

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content))[..16];
}
