using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Ratio;

/// <summary>A read-only image that is built anew from all trees whenever one is added.</summary>
internal sealed class ImagePeer(string name, string program, Func<IReadOnlyList<string>, string, string[]> arguments)
    : IRatioPeer
{
    public string Name => name;

    public IReadOnlyList<string> Programs => [program];

    /// <summary>squashfs with zstd at its default level and its largest block.</summary>
    public static ImagePeer Squashfs { get; } = new("squashfs zstd", "mksquashfs", (trees, image) =>
        [.. trees, image, "-comp", "zstd", "-b", "1M", "-noappend", "-no-progress", "-quiet", "-keep-as-directory"]);

    /// <summary>DwarFS at its default level.</summary>
    public static ImagePeer Dwarfs { get; } = new("DwarFS", "mkdwarfs", (trees, image) =>
        ["--input", CommonParent(trees), "--output", image, "--log-level", "error", "--no-progress", "--force"]);

    public IRatioStore Open(Scratch scratch) => new Store(program, arguments, scratch);

    private static string CommonParent(IReadOnlyList<string> trees) => Path.GetDirectoryName(trees[0])!;

    private sealed class Store(string program, Func<IReadOnlyList<string>, string, string[]> arguments, Scratch scratch)
        : IRatioStore
    {
        private readonly string _image = scratch.NewPath("image");
        private readonly string _staging = scratch.NewDirectory("image-trees");
        private readonly List<string> _trees = [];

        public void Add(string tree, string name)
        {
            // A copy of its own per tree: an image tool would recognise hard links, which the others cannot.
            string staged = Path.Combine(_staging, name);
            ExternalProgram.Run("cp", ["-a", tree, staged]);
            _trees.Add(staged);
            File.Delete(_image);
            ExternalProgram.Run(program, arguments(_trees, _image));
        }

        public long StoredBytes() => Disk.AllocatedBytes(_image);

        public void Dispose()
        {
            File.Delete(_image);
            Scratch.RemoveTree(_staging);
        }
    }
}
