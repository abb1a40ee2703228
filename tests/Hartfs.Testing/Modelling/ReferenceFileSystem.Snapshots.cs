using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

/// <summary>What rollbacks, clones and restores do to the model.</summary>
public sealed partial class ReferenceFileSystem
{
    /// <summary>
    /// Makes the tree what a snapshot holds. What is open stays open: unchanged files and directories as the snapshot
    /// has them; other files as they are, without a name, while the name leads to a file of its own.
    /// </summary>
    public void RollBackTo(ReferenceFileSystem snapshot)
    {
        foreach ((long number, ReferenceNode node) in _nodes.ToList())
        {
            if (snapshot._nodes.ContainsKey(number)) continue;
            if (node.References <= 0)
            {
                _nodes.Remove(number);
                continue;
            }

            node.Record.LinkCount = 0;
            node.Entries.Clear();
        }

        Dictionary<long, InodeNumber> replacements = [];
        List<ReferenceNode> restored = [];
        foreach ((long number, ReferenceNode then) in snapshot._nodes)
        {
            ReferenceNode node = then.Clone();
            restored.Add(node);
            if (_nodes.TryGetValue(number, out ReferenceNode? live) && live.References > 0)
            {
                if (then.Record.IsRegularFile && !live.IsSameFile(then))
                {
                    live.Record.LinkCount = 0;
                    node.Record.Number = new InodeNumber(_nextNumber++);
                    replacements.Add(number, node.Record.Number);
                }
                else
                {
                    node.References = live.References;
                }
            }

            _nodes[node.Record.Number.Value] = node;
        }

        foreach (ReferenceNode node in restored)
        {
            foreach ((string name, InodeNumber inode) in node.Entries.ToList())
                if (replacements.TryGetValue(inode.Value, out InodeNumber replacement))
                    node.Entries[name] = replacement;
        }
    }

    /// <summary>
    /// Copies a file or tree of this model or of a snapshot of it to a place in it. The place must be free unless it
    /// is replaced.
    /// </summary>
    public FsError CloneTree(ReferenceFileSystem source, string from, string to, bool replaces)
    {
        FsError error = FindPlace(to, out ReferenceNode parent, out string name);
        bool exists = error == FsError.None && parent.Entries.ContainsKey(name);
        if (!replaces && (error != FsError.None || exists)) return exists ? FsError.AlreadyExists : FsError.NotFound;
        if (source.FindPlace(from, out ReferenceNode holder, out string fromName) != FsError.None ||
            !holder.Entries.TryGetValue(fromName, out InodeNumber top) || error != FsError.None)
            return FsError.NotFound;
        // A copy made before the old tree goes: it may lie in it.
        ReferenceFileSystem frozen = source.CloneNamed();
        if (exists) Drop(parent, name);
        InodeNumber made = CloneNode(frozen, frozen._nodes[top.Value], parent.Record.Number, []);
        parent.Entries.Add(name, made);
        if (_nodes[made.Value].Record.IsDirectory) parent.Record.LinkCount++;
        Modified(parent);
        return FsError.None;
    }

    private InodeNumber CloneNode(ReferenceFileSystem source, ReferenceNode from, InodeNumber parent,
        Dictionary<long, InodeNumber> linked)
    {
        if (linked.TryGetValue(from.Record.Number.Value, out InodeNumber known))
        {
            _nodes[known.Value].Record.LinkCount++;
            return known;
        }

        ReferenceNode node = from.Clone();
        node.References = 0;
        node.Entries.Clear();
        node.Record.Number = new InodeNumber(_nextNumber++);
        node.Record.ChangeTime = node.Record.BirthTime = _now();
        _nodes.Add(node.Record.Number.Value, node);
        if (!node.Record.IsDirectory)
        {
            node.Record.LinkCount = 1;
            linked.Add(from.Record.Number.Value, node.Record.Number);
            return node.Record.Number;
        }

        node.Record.Parent = parent;
        foreach ((string name, InodeNumber child) in from.Entries)
            node.Entries.Add(name, CloneNode(source, source._nodes[child.Value], node.Record.Number, linked));
        return node.Record.Number;
    }

    private void Drop(ReferenceNode parent, string name)
    {
        ReferenceNode node = _nodes[parent.Entries[name].Value];
        // As rm -r does it: whoever has the directory open sees when its names went.
        if (node.Entries.Count > 0) node.Record.ModifyTime = _now();
        foreach (string child in node.Entries.Keys.ToList()) Drop(node, child);
        parent.Entries.Remove(name);
        node.Record.LinkCount = node.Record.IsDirectory ? 0 : node.Record.LinkCount - 1;
        node.Record.ChangeTime = _now();
        if (node.Record.IsDirectory && parent.Record.LinkCount > 0) parent.Record.LinkCount--;
        if (node.Record.LinkCount == 0 && node.References <= 0) _nodes.Remove(node.Record.Number.Value);
    }

    private FsError FindPlace(string path, out ReferenceNode parent, out string name)
    {
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        name = names[^1];
        parent = _nodes[InodeNumber.Root.Value];
        foreach (string part in names[..^1])
        {
            if (!parent.Record.IsDirectory || !parent.Entries.TryGetValue(part, out InodeNumber next))
                return FsError.NotFound;
            parent = _nodes[next.Value];
        }

        return parent.Record.IsDirectory ? FsError.None : FsError.NotFound;
    }
}
