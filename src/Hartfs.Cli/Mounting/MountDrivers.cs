using Hartfs.Core.Mounting;
using Hartfs.Fuse;
using Microsoft.Extensions.Logging;

namespace Hartfs.Cli.Mounting;

/// <summary>Picks the driver of this system.</summary>
internal static class MountDrivers
{
    /// <summary>Throws <see cref="MountException"/> where there is none.</summary>
    public static IMountDriver ForThisSystem(ILoggerFactory loggers)
    {
        if (OperatingSystem.IsLinux())
            return new FuseDriver(loggers);
        throw new MountException("Hartfs has no driver for this system.", MountFailure.DriverMissing);
    }
}
