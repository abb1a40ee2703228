using Hartfs.Core.Mounting;

namespace Hartfs.Fuse.Mounting;

/// <summary>The flag bits of a mount, and the same as words for <c>fusermount3</c>.</summary>
/// <param name="Bits">MS_* of linux/mount.h.</param>
/// <param name="Words">Options by name.</param>
internal sealed record KernelFlags(ulong Bits, IReadOnlyList<string> Words)
{
    private const ulong ReadOnly = 1;
    private const ulong NoSuid = 2;
    private const ulong NoDevices = 4;

    private static readonly Dictionary<string, (ulong Bits, bool Set)> Known = new(StringComparer.Ordinal)
    {
        ["ro"] = (ReadOnly, true),
        ["rw"] = (ReadOnly, false),
        ["nosuid"] = (NoSuid, true),
        ["suid"] = (NoSuid, false),
        ["nodev"] = (NoDevices, true),
        ["dev"] = (NoDevices, false),
        ["noexec"] = (8, true),
        ["exec"] = (8, false),
        ["sync"] = (16, true),
        ["async"] = (16, false),
        ["dirsync"] = (128, true),
        ["noatime"] = (1024, true),
        ["atime"] = (1024, false),
        ["nodiratime"] = (2048, true),
        ["diratime"] = (2048, false),
        ["relatime"] = (1 << 21, true),
        ["strictatime"] = (1 << 24, true),
        ["lazytime"] = (1 << 25, true),
    };

    /// <summary>
    /// Reads the flags of a mount: nosuid and nodev unless said otherwise, later words win. Throws
    /// <see cref="MountException"/> on an unknown word.
    /// </summary>
    public static KernelFlags Parse(MountOptions options)
    {
        ulong bits = NoSuid | NoDevices;
        foreach (string word in options.KernelFlags)
        {
            if (!Known.TryGetValue(word, out (ulong Bits, bool Set) flag))
                throw new MountException(
                    $"Unknown mount option \"{word}\". Known flags: {string.Join(", ", Known.Keys)}.",
                    MountFailure.UnknownOption);
            bits = flag.Set ? bits | flag.Bits : bits & ~flag.Bits;
        }
        if (options.ReadOnly)
            bits |= ReadOnly;
        string[] words = [.. Known.Where(flag => flag.Value.Set && (bits & flag.Value.Bits) != 0)
            .Select(flag => flag.Key)];
        // fusermount3 adds nosuid and nodev by itself; saying so would be harmless, "suid" it refuses to users.
        return new KernelFlags(bits, words);
    }
}
