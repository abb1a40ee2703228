namespace Hartfs.Benchmarks.Ladder;

/// <summary>What is done on every rung, in this order.</summary>
internal enum Workload
{
    /// <summary>One large file of content never seen before, until it is durable.</summary>
    WriteUnique,

    /// <summary>The same content again under another name, until it is durable.</summary>
    WriteDuplicate,

    /// <summary>The file read through, nothing cached anywhere.</summary>
    ReadCold,

    /// <summary>The file read through again.</summary>
    ReadHot,

    /// <summary>4 KiB reads at random places, nothing cached anywhere.</summary>
    RandomCold,

    /// <summary>The same reads with everything cached.</summary>
    RandomHot,

    /// <summary>4 KiB writes, each followed by fsync.</summary>
    Synchronize,

    /// <summary>Small files created, written and closed.</summary>
    SmallCreate,

    /// <summary>The same, until all of them are durable.</summary>
    SmallDurable,

    /// <summary>The attributes of each small file.</summary>
    SmallStat,

    /// <summary>Each small file opened, read and closed.</summary>
    SmallRead,

    /// <summary>Each small file removed.</summary>
    SmallUnlink,

    /// <summary>A source tree unpacked by tar, until it is durable.</summary>
    UnpackTree,
}

/// <summary>How tables call the workloads.</summary>
internal static class WorkloadNames
{
    public static string Title(this Workload workload) => workload switch
    {
        Workload.WriteUnique => "sequential write, unique",
        Workload.WriteDuplicate => "sequential write, duplicate",
        Workload.ReadCold => "sequential read, cold",
        Workload.ReadHot => "sequential read, hot",
        Workload.RandomCold => "random 4 KiB read, cold",
        Workload.RandomHot => "random 4 KiB read, cached",
        Workload.Synchronize => "4 KiB write + fsync",
        Workload.SmallCreate => "small files: create",
        Workload.SmallDurable => "small files: create, durable",
        Workload.SmallStat => "small files: stat",
        Workload.SmallRead => "small files: read",
        Workload.SmallUnlink => "small files: unlink",
        Workload.UnpackTree => "unpack a source tree",
        _ => workload.ToString(),
    };

    /// <summary>What a rate counts per second.</summary>
    public static string Unit(this Workload workload) => workload switch
    {
        Workload.WriteUnique or Workload.WriteDuplicate or Workload.ReadCold or Workload.ReadHot
            or Workload.UnpackTree => "MB/s",
        Workload.RandomCold or Workload.RandomHot => "reads/s",
        Workload.Synchronize => "writes/s",
        _ => "files/s",
    };
}
