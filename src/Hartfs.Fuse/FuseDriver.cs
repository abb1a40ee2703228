using Hartfs.Core;
using Hartfs.Core.Mounting;
using Hartfs.Fuse.Mounting;
using Hartfs.Fuse.Operations;
using Microsoft.Extensions.Logging;

namespace Hartfs.Fuse;

/// <summary>Mounts through /dev/fuse: as root by mount(2), otherwise with the help of <c>fusermount3</c>.</summary>
/// <remarks>With <see cref="MountOptions.Trace"/> every request is logged at Trace in category "Hartfs.Fuse".</remarks>
public sealed class FuseDriver : IMountDriver
{
    private const int ReadersMin = 2;
    private const int ReadersMax = 16;

    private static readonly TimeSpan ReadyTime = TimeSpan.FromSeconds(30);

    private readonly ILogger _logger;

    public FuseDriver(ILoggerFactory loggers) => _logger = loggers.CreateLogger("Hartfs.Fuse");

    public IMount Mount(IFileSystem fileSystem, MountOptions options)
    {
        KernelFlags flags = KernelFlags.Parse(options);
        string mountPoint = MountPointCheck.Prepare(options, _logger);
        var operations = new FuseOperations(fileSystem, options.WritebackCache && !options.ReadOnly);
        FuseTrace? trace = options.Trace ? new FuseTrace(_logger) : null;
        var dispatcher = new FuseDispatcher(operations, _logger, trace);
        var device = new FuseDevice(Attach.Mount(mountPoint, options, flags));
        var kernelCache = new FuseKernelCache(device, () => dispatcher.Connection);
        int readerCount = options.ThreadCount > 0
            ? options.ThreadCount : Math.Clamp(Environment.ProcessorCount, ReadersMin, ReadersMax);
        var session = new FuseSession(device, dispatcher, kernelCache, readerCount, _logger);
        operations.WriteBack = session.WriteBack;
        FuseLookupLimit limit = null!;
        limit = new FuseLookupLimit(FuseLookupLimit.LookupsMaxDefault, () => kernelCache.Prune(limit));
        operations.LookupLimit = limit;
        UnmountGuard? guard = options.AutoUnmount ? UnmountGuard.Start(mountPoint, _logger) : null;
        session.Ended = () =>
        {
            fileSystem.KernelCache = null;
            guard?.Dispose();
            Log.Unmounted(_logger, mountPoint);
        };
        fileSystem.KernelCache = kernelCache;
        session.Start();
        Errno error = session.WaitUntilReady(ReadyTime);
        if (error != Errno.None)
        {
            Detach.Unmount(mountPoint, lazy: true);
            throw new MountException(
                $"The kernel does not accept the mount on {mountPoint} ({error}). Hartfs needs Linux 5.4 or newer; " +
                "the log has the details.", MountFailure.Other);
        }
        string deviceNumber = MountTable.FindTop(mountPoint)?.Device ?? "";
        DeviceTuning.Apply(deviceNumber, options.ReadAheadKib, _logger);
        Log.Mounted(_logger, mountPoint, dispatcher.Connection.Minor, dispatcher.Connection.Flags);
        return new FuseMount(session, mountPoint, deviceNumber, options.ReadOnly);
    }
}
