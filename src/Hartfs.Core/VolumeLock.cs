using System.Text;
using Hartfs.Storage.BlockStores;

namespace Hartfs.Core;

/// <summary>
/// Keeps a volume to one process that changes it, or to several that read it: an advisory lock the system drops when
/// the process ends, however it ends.
/// </summary>
internal sealed class VolumeLock : IDisposable
{
    private const int LinuxReadOnlyDisk = 30;
    private const int LinuxWouldBlock = 11;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    private readonly FileStream _file;
    private readonly string? _holderPath;

    private VolumeLock(FileStream file, string? holderPath) => (_file, _holderPath) = (file, holderPath);

    /// <summary>Locks a volume, or says who holds it.</summary>
    public static VolumeLock Take(string directory, string holder)
    {
        string holderPath = Path.Combine(directory, VolumeLayout.HolderName);
        try
        {
            var file = new FileStream(Path.Combine(directory, VolumeLayout.LockName), FileMode.OpenOrCreate,
                FileAccess.ReadWrite, FileShare.None);
            TryWriteHolder(holderPath, holder);
            return new VolumeLock(file, holderPath);
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or IOException
            { HResult: LinuxReadOnlyDisk })
        {
            throw new VolumeException(VolumeFailure.NotPermitted,
                $"{directory} cannot be written to: mount it read-only (-o ro), or check its owner and permissions",
                failure);
        }
        catch (IOException failure)
        {
            throw Refuse(directory, holderPath, failure);
        }
    }

    /// <summary>
    /// Keeps a volume from being changed, or says who holds it. Null where the disk does not let anybody lock, and so
    /// nobody change.
    /// </summary>
    public static VolumeLock? TakeForReading(string directory)
    {
        string path = Path.Combine(directory, VolumeLayout.LockName);
        try
        {
            if (!File.Exists(path))
                File.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            return new VolumeLock(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read), null);
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or IOException
            { HResult: LinuxReadOnlyDisk })
        {
            return null;
        }
        catch (IOException failure)
        {
            throw Refuse(directory, Path.Combine(directory, VolumeLayout.HolderName), failure);
        }
    }

    public void Dispose()
    {
        if (_holderPath is not null)
            File.Delete(_holderPath);
        _file.Dispose();
    }

    private static VolumeException Refuse(string directory, string holderPath, IOException failure)
    {
        if (failure.HResult is LinuxWouldBlock or WindowsSharingViolation)
            return new VolumeException(VolumeFailure.InUse,
                $"{directory} is in use by {ReadHolder(holderPath)}: unmount it first (hartfs unmount), " +
                "or wait for the command to end", failure);
        return new VolumeException(DiskFull.Is(failure) ? VolumeFailure.OutOfSpace : VolumeFailure.IoFailure,
            $"{directory} cannot be locked: {failure.Message}", failure);
    }

    // A courtesy to whoever is refused: a disk without room for it does not keep the volume from being opened.
    private static void TryWriteHolder(string path, string holder)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, 0);
            string name = holder.Length > 0 ? $" ({holder})" : "";
            stream.Write(Encoding.UTF8.GetBytes($"process {Environment.ProcessId}{name}"));
        }
        catch (IOException)
        {
            // They are told of another process then.
        }
    }

    private static string ReadHolder(string path)
    {
        try
        {
            string holder = File.ReadAllText(path).Trim();
            return holder.Length > 0 ? holder : "another process";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }
}
