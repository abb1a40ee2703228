using Hartfs.Format;

namespace Hartfs.Cli.Copying;

/// <summary>
/// Copies a tree as <c>cp -a</c> does: modes, owners, times, hard links, symbolic links, holes, devices, extended
/// attributes and ACLs. What is there already with the same size and time is left alone, so that a copy that was
/// stopped goes on. Nothing is removed from the target that the source does not replace.
/// </summary>
internal sealed class TreeCopy(CopyProgress progress, CancellationToken cancellation)
{
    private const int BufferBytes = 1 << 20;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly Stack<Level> _levels = new();
    private readonly Dictionary<ItemIdentity, byte[][]> _firstNames = [];

    /// <summary>Directories not to enter: the volume itself, when it lies within what is imported into it.</summary>
    public HashSet<ItemIdentity> Excluded { get; } = [];

    /// <summary>
    /// Copies one item with all below it. Items that fail are noted in the progress. Throws
    /// <see cref="OperationCanceledException"/>, and <see cref="TreeException"/> when going on makes no sense.
    /// </summary>
    public void Run(ITreeDirectory source, byte[] sourceName, ITreeDirectory target, byte[] targetName)
    {
        var top = new Level(source, target, targetName, default, [sourceName], ownsDirectories: false);
        _levels.Push(top);
        try
        {
            while (_levels.TryPeek(out Level? level))
            {
                cancellation.ThrowIfCancellationRequested();
                if (level.TryTakeName(out byte[] name))
                    CopyNext(level, name, level == top ? targetName : name);
                else
                    Leave(_levels.Pop(), isTop: level == top);
            }
        }
        finally
        {
            while (_levels.TryPop(out Level? level))
                level.Dispose();
        }
    }

    private void CopyNext(Level level, byte[] name, byte[] targetName)
    {
        try
        {
            if (level.Source.Find(name) is { } attributes)
                CopyItem(level, name, targetName, attributes);
        }
        catch (TreeException failure) when (!IsFatal(failure))
        {
            progress.AddError(PathOf(level, targetName), failure.Message);
        }
    }

    private void CopyItem(Level level, byte[] name, byte[] targetName, in ItemAttributes attributes)
    {
        ItemAttributes? existing = level.Target.Find(targetName);
        if (InodeMode.IsDirectory(attributes.Mode))
        {
            if (!Excluded.Contains(attributes.Identity))
                Enter(level, name, targetName, attributes, existing);
            return;
        }

        if (existing is { } other && InodeMode.IsDirectory(other.Mode))
            throw new TreeException("there is a directory of that name in the target");
        if (attributes.LinkCount > 1 && _firstNames.TryGetValue(attributes.Identity, out byte[][]? firstNames))
        {
            LinkToFirst(level, targetName, firstNames, existing);
            return;
        }

        if (existing is { } present && IsSame(level, name, targetName, attributes, present))
        {
            CorrectAttributes(level, targetName, attributes, present);
            progress.AddSkipped(attributes.Size);
        }
        else
        {
            if (existing is not null)
                level.Target.Remove(targetName);
            Make(level, name, targetName, attributes);
            CopyXattrs(level.Source, name, level.Target, targetName);
            level.Target.SetAttributes(targetName, attributes);
            progress.AddItem();
        }

        if (attributes.LinkCount > 1)
            _firstNames[attributes.Identity] = [.. NamesOf(level), targetName];
    }

    private void Enter(Level level, byte[] name, byte[] targetName, in ItemAttributes attributes,
        ItemAttributes? existing)
    {
        if (existing is { } other && !InodeMode.IsDirectory(other.Mode))
        {
            level.Target.Remove(targetName);
            existing = null;
        }

        if (existing is null)
            level.Target.MakeDirectory(targetName);
        ITreeDirectory source = level.Source.OpenDirectory(name);
        ITreeDirectory? target = null;
        try
        {
            target = level.Target.OpenDirectory(targetName);
            IReadOnlyList<byte[]> names = source.ListNames();
            _levels.Push(new Level(source, target, targetName, attributes, names, ownsDirectories: true)
            {
                IsNew = existing is null,
            });
        }
        catch
        {
            source.Dispose();
            target?.Dispose();
            throw;
        }
    }

    /// <summary>A directory's own attributes come last: every entry made in it has touched its time.</summary>
    private void Leave(Level level, bool isTop)
    {
        if (isTop)
            return;
        try
        {
            ReadOnlySpan<byte> self = "."u8;
            level.Target.SetOwner(self, level.Attributes);
            CopyXattrs(level.Source, self, level.Target, self);
            level.Target.SetAttributes(self, level.Attributes);
            if (level.IsNew)
                progress.AddItem();
            else
                progress.AddSkipped(0);
        }
        catch (TreeException failure) when (!IsFatal(failure))
        {
            progress.AddError(PathOf(_levels.Peek(), level.TargetName), failure.Message);
        }
        finally
        {
            level.Dispose();
        }
    }

    private void Make(Level level, byte[] name, byte[] targetName, in ItemAttributes attributes)
    {
        if (InodeMode.IsRegularFile(attributes.Mode))
        {
            using ITreeFile from = level.Source.OpenFile(name);
            using ITreeFile to = level.Target.CreateFile(targetName);
            CopyData(from, to, attributes.Size);
        }
        else if (InodeMode.IsSymbolicLink(attributes.Mode))
        {
            level.Target.MakeSymbolicLink(targetName, level.Source.ReadSymbolicLink(name));
        }
        else
        {
            level.Target.MakeNode(targetName, attributes);
        }

        level.Target.SetOwner(targetName, attributes);
    }

    private void CopyData(ITreeFile from, ITreeFile to, long size)
    {
        long written = 0;
        for (long offset = 0; offset < size && from.TryFindData(offset, out long start, out long end); offset = end)
        {
            for (long at = start; at < end;)
            {
                cancellation.ThrowIfCancellationRequested();
                int count = from.Read(at, _buffer.AsSpan(0, (int)Math.Min(BufferBytes, end - at)));
                if (count == 0)
                    break;
                to.Write(at, _buffer.AsSpan(0, count));
                progress.AddBytes(count);
                at += count;
                written = at;
            }
        }

        if (written < size)
            to.SetLength(size);
    }

    /// <summary>Sets what the source has and removes what it has not, such as an ACL inherited in the target.</summary>
    private static void CopyXattrs(
        ITreeDirectory from, ReadOnlySpan<byte> fromName, ITreeDirectory to, ReadOnlySpan<byte> toName)
    {
        IReadOnlyList<byte[]> names = from.ListXattrs(fromName);
        foreach (byte[] attribute in to.ListXattrs(toName))
        {
            if (IsUsers(attribute) && !names.Any(name => name.AsSpan().SequenceEqual(attribute)))
                to.RemoveXattr(toName, attribute);
        }

        foreach (byte[] attribute in names)
        {
            try
            {
                to.SetXattr(toName, attribute, from.GetXattr(fromName, attribute));
            }
            catch (TreeException failure) when (!IsUsers(attribute)
                && failure.Failure is TreeFailure.NotPermitted or TreeFailure.NotSupported)
            {
                // Labels of a security module and the like belong to their system; cp -a leaves them behind as well.
            }
        }
    }

    private static bool IsUsers(ReadOnlySpan<byte> attribute) =>
        attribute.StartsWith("user."u8) || attribute.StartsWith("system.posix_acl_"u8);

    private static bool IsFatal(TreeException failure) =>
        failure.Failure is TreeFailure.OutOfSpace or TreeFailure.Broken;

    private static bool IsSame(
        Level level, byte[] name, byte[] targetName, in ItemAttributes wanted, in ItemAttributes present)
    {
        const int type = InodeMode.TypeMask;
        if ((wanted.Mode & type) != (present.Mode & type) || wanted.ModifyTime != present.ModifyTime)
            return false;
        if (InodeMode.IsSymbolicLink(wanted.Mode))
        {
            return level.Source.ReadSymbolicLink(name).AsSpan()
                .SequenceEqual(level.Target.ReadSymbolicLink(targetName));
        }

        return wanted.Size == present.Size && wanted.Device == present.Device;
    }

    private static void CorrectAttributes(
        Level level, byte[] targetName, in ItemAttributes wanted, in ItemAttributes present)
    {
        bool isOwned = wanted.Uid == present.Uid && wanted.Gid == present.Gid;
        if (!isOwned)
            level.Target.SetOwner(targetName, wanted);
        if (!isOwned || wanted.Mode != present.Mode)
            level.Target.SetAttributes(targetName, wanted);
    }

    private void LinkToFirst(Level level, byte[] targetName, byte[][] firstNames, ItemAttributes? existing)
    {
        var opened = new Stack<ITreeDirectory>();
        try
        {
            // The first name of the first level is what the whole copy is called in the target.
            ITreeDirectory directory = _levels.Last().Target;
            foreach (byte[] name in firstNames[..^1])
            {
                directory = directory.OpenDirectory(name);
                opened.Push(directory);
            }

            if (existing is { } present)
            {
                if (directory.Find(firstNames[^1])?.Identity == present.Identity)
                {
                    progress.AddSkipped(0);
                    return;
                }

                level.Target.Remove(targetName);
            }

            level.Target.Link(directory, firstNames[^1], targetName);
            progress.AddItem();
        }
        finally
        {
            while (opened.TryPop(out ITreeDirectory? directory))
                directory.Dispose();
        }
    }

    // Names of the target's directories from below the top level down to the current one.
    private IEnumerable<byte[]> NamesOf(Level level) =>
        _levels.Reverse().Skip(1).TakeWhile(each => each != level).Append(level)
            .Where(each => each.OwnsDirectories).Select(each => each.TargetName);

    private string PathOf(Level level, byte[] name) =>
        string.Join('/', NamesOf(level).Append(name).Select(ByteName.Show));

    /// <summary>A directory that is being copied.</summary>
    private sealed class Level(
        ITreeDirectory source, ITreeDirectory target, byte[] targetName, ItemAttributes attributes,
        IReadOnlyList<byte[]> names, bool ownsDirectories) : IDisposable
    {
        private int _next;

        public ITreeDirectory Source => source;

        public ITreeDirectory Target => target;

        public byte[] TargetName => targetName;

        public ItemAttributes Attributes => attributes;

        public bool OwnsDirectories => ownsDirectories;

        /// <summary>Whether the target's directory was made by this copy.</summary>
        public bool IsNew { get; init; }

        public bool TryTakeName(out byte[] name)
        {
            bool isLeft = _next < names.Count;
            name = isLeft ? names[_next++] : [];
            return isLeft;
        }

        public void Dispose()
        {
            if (!ownsDirectories)
                return;
            source.Dispose();
            target.Dispose();
        }
    }
}
