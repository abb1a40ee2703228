using System.Globalization;
using System.Text;
using Hartfs.Core;

namespace Hartfs.Testing.Modelling;

/// <summary>What an <see cref="Operation"/> does; the last ones concern the volume, not the tree.</summary>
public enum OperationKind
{
    Create,
    MakeNode,
    MakeDirectory,
    MakeSymbolicLink,
    CreateUnnamed,
    Open,
    Close,
    Link,
    Unlink,
    RemoveDirectory,
    Rename,
    List,
    ReadSymbolicLink,
    Write,
    Read,
    Truncate,
    Allocate,
    CopyRange,
    Seek,
    ChangeMode,
    ChangeOwner,
    ChangeTimes,
    GetAttributes,
    SetXattr,
    GetXattr,
    ListXattrs,
    RemoveXattr,
    Flush,
    Synchronize,

    /// <summary>Commit the volume.</summary>
    Commit,

    /// <summary>Close the volume and open it again.</summary>
    Reopen,

    /// <summary>Lose the process, open what it left.</summary>
    Crash,

    /// <summary>Make a snapshot called as the path.</summary>
    TakeSnapshot,
    DeleteSnapshot,
    RollBack,

    /// <summary>Clone a file or tree to the second path.</summary>
    CloneTree,

    /// <summary>Bring back what nothing refers to.</summary>
    Collect,

    /// <summary>Make the snapshot that is due and delete those that the policy no longer keeps.</summary>
    RunPolicy,

    /// <summary>Compute the parity that packs lack.</summary>
    WriteParity,
    CopyMetadata,

    /// <summary>Verify and mend stored bytes; with a length, so many blocks; with a mode, from the start.</summary>
    Scrub,

    /// <summary>Check the structure, and repair it.</summary>
    Check,

    /// <summary>Put missing content back from files that have it.</summary>
    RepairFrom,

    /// <summary>The disk changes stored bytes by itself; the mode says which.</summary>
    Damage,

    /// <summary>The metadata come to say something that is not so; the mode says what.</summary>
    Contradict,
}

/// <summary>One step of a model run, independent of what came before: any subset of a run is a run.</summary>
/// <remarks>
/// Paths are Latin-1 strings of bytes, "/"-separated. A slot of 0 or more names an inode held open by an earlier
/// Open or CreateUnnamed and takes the place of the path.
/// </remarks>
public sealed record Operation(OperationKind Kind)
{
    public const int SlotCount = 4;

    public string Path { get; init; } = "";
    public int Slot { get; init; } = -1;

    /// <summary>New name, link's place, copy's target; the target of a symbolic link.</summary>
    public string Path2 { get; init; } = "";

    public int Slot2 { get; init; } = -1;
    public long Offset { get; init; }
    public long Offset2 { get; init; }
    public long Length { get; init; }

    /// <summary>Mode, or the number of an enumeration.</summary>
    public int Mode { get; init; }

    public int Umask { get; init; }
    public uint Uid { get; init; }
    public uint Gid { get; init; }
    public long Time { get; init; }
    public string XattrName { get; init; } = "";
    public Content Content { get; init; }
    public bool KillPrivileges { get; init; }
    public bool KeepsTimes { get; init; }

    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(Kind);
        Add("path", Path, Path.Length > 0);
        Add("slot", Slot, Slot >= 0);
        Add("path2", Path2, Path2.Length > 0);
        Add("slot2", Slot2, Slot2 >= 0);
        Add("offset", Offset, Offset != 0);
        Add("offset2", Offset2, Offset2 != 0);
        Add("length", Length, Length != 0);
        Add("mode", ModeText(), Mode != 0);
        Add("umask", Convert.ToString(Umask, 8), Umask != 0);
        Add("uid", Uid, Uid != 0);
        Add("gid", Gid, Gid != 0);
        Add("time", Time, Time != 0);
        Add("xattr", XattrName, XattrName.Length > 0);
        Add("content", $"{Content.Kind}({Content.Seed}, {Content.Length})", Content.Length > 0);
        Add("kill", "yes", KillPrivileges);
        Add("times", "kept", KeepsTimes);
        return text.ToString();

        void Add(string name, object value, bool shown)
        {
            if (shown) text.Append(CultureInfo.InvariantCulture, $" {name}={value}");
        }
    }

    private string ModeText() => Kind switch
    {
        OperationKind.Rename => $"{(RenameMode)Mode}",
        OperationKind.Allocate => $"{(AllocateMode)Mode}",
        OperationKind.SetXattr => $"{(XattrMode)Mode}",
        OperationKind.Seek => $"{(Mode == 0 ? "hole" : "data")}",
        _ => $"{Convert.ToString(Mode, 8)}",
    };
}
