using Hartfs.Cli.Copying;

namespace Hartfs.Tests.Cli;

/// <summary>A directory that stops the copy, as a signal would, when some items of it have been looked at.</summary>
internal sealed class StoppingDirectory(ITreeDirectory inner, CancellationTokenSource stop, int itemsBeforeStop)
    : ITreeDirectory
{
    private readonly Counter _counter = new() { Left = itemsBeforeStop };

    private StoppingDirectory(ITreeDirectory inner, CancellationTokenSource stop, Counter counter)
        : this(inner, stop, 0) => _counter = counter;

    public ItemAttributes? Find(ReadOnlySpan<byte> name)
    {
        if (_counter.Left-- == 0)
            stop.Cancel();
        return inner.Find(name);
    }

    public ITreeDirectory OpenDirectory(ReadOnlySpan<byte> name) =>
        new StoppingDirectory(inner.OpenDirectory(name), stop, _counter);

    public void Dispose() => inner.Dispose();

    public IReadOnlyList<byte[]> ListNames() => inner.ListNames();

    public ITreeFile OpenFile(ReadOnlySpan<byte> name) => inner.OpenFile(name);

    public ITreeFile CreateFile(ReadOnlySpan<byte> name) => inner.CreateFile(name);

    public void MakeDirectory(ReadOnlySpan<byte> name) => inner.MakeDirectory(name);

    public void MakeNode(ReadOnlySpan<byte> name, in ItemAttributes attributes) => inner.MakeNode(name, attributes);

    public void MakeSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) =>
        inner.MakeSymbolicLink(name, target);

    public byte[] ReadSymbolicLink(ReadOnlySpan<byte> name) => inner.ReadSymbolicLink(name);

    public void Link(ITreeDirectory existingDirectory, ReadOnlySpan<byte> existingName, ReadOnlySpan<byte> name) =>
        inner.Link(existingDirectory, existingName, name);

    public void Remove(ReadOnlySpan<byte> name) => inner.Remove(name);

    public void SetOwner(ReadOnlySpan<byte> name, in ItemAttributes attributes) => inner.SetOwner(name, attributes);

    public void SetAttributes(ReadOnlySpan<byte> name, in ItemAttributes attributes) =>
        inner.SetAttributes(name, attributes);

    public IReadOnlyList<byte[]> ListXattrs(ReadOnlySpan<byte> name) => inner.ListXattrs(name);

    public byte[] GetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute) => inner.GetXattr(name, attribute);

    public void SetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value) =>
        inner.SetXattr(name, attribute, value);

    public void RemoveXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute) =>
        inner.RemoveXattr(name, attribute);

    private sealed class Counter
    {
        public int Left;
    }
}
