using System.Runtime.CompilerServices;

namespace Hartfs.Fuse.Protocol;

/// <summary>What kernel and driver settled on in INIT.</summary>
/// <param name="Minor">Minor version spoken.</param>
/// <param name="Flags">Features both sides have.</param>
internal sealed record FuseConnection(uint Minor, FuseInitFlags Flags)
{
    /// <summary>Before INIT: nothing is agreed.</summary>
    public static readonly FuseConnection None = new(0, FuseInitFlags.None);

    /// <summary>Whether the kernel keeps size and times of regular files and hands over writes late.</summary>
    public bool WritebackCache => Has(FuseInitFlags.WritebackCache);

    public bool Has(FuseInitFlags flag) => (Flags & flag) == flag;
}

/// <summary>The first exchange: version, limits, features (native-notes/fuse.md says why each).</summary>
internal static class InitNegotiation
{
    public const uint Major = 7;

    /// <summary>The newest minor version whose structures are known here.</summary>
    public const uint Minor = 45;

    /// <summary>Linux 5.4: older kernels lack explicit invalidation and zero-message directory opens.</summary>
    public const uint MinorMin = 31;

    /// <summary>Bytes of one WRITE or READ. The kernel lowers it to its own limit (fs.fuse.max_pages_limit).</summary>
    public const int TransferBytesMax = 1 << 20;

    /// <summary>Room around a transfer: headers, names, attribute names, extensions.</summary>
    public const int MessageOverheadBytes = 8192;

    /// <summary>Background requests (read-ahead, write-back) under way at once; the default is 12.</summary>
    public const ushort BackgroundRequestsMax = 64;

    private const FuseInitFlags Wanted = FuseInitFlags.AsyncRead | FuseInitFlags.ExportSupport |
        FuseInitFlags.BigWrites | FuseInitFlags.DontMask | FuseInitFlags.HasIoctlDir | FuseInitFlags.DoReadDirPlus |
        FuseInitFlags.ReadDirPlusAuto | FuseInitFlags.AsyncDirectIo | FuseInitFlags.WritebackCache |
        FuseInitFlags.NoOpenSupport | FuseInitFlags.ParallelDirOps | FuseInitFlags.PosixAcl |
        FuseInitFlags.AbortError | FuseInitFlags.MaxPages | FuseInitFlags.CacheSymlinks |
        FuseInitFlags.NoOpenDirSupport | FuseInitFlags.ExplicitInvalidateData | FuseInitFlags.HandleKillPrivV2 |
        FuseInitFlags.SetXattrExt | FuseInitFlags.InitExt | FuseInitFlags.HasExpireOnly;

    /// <summary>Takes the kernel's offer and writes the answer.</summary>
    /// <param name="request">Behind its header; 16 bytes before 7.36, more since.</param>
    /// <param name="writebackCache">Whether the mount wants the kernel to collect writes.</param>
    /// <param name="connection">
    /// What is agreed; null while the kernel, speaking a newer major version, is asked to try ours.
    /// </param>
    public static Errno Answer(
        ref FuseRequest request, bool writebackCache, FuseReply reply, out FuseConnection? connection)
    {
        connection = null;
        if (!TryRead(ref request, out FuseInitIn offer))
            return Errno.EINVAL;
        var answer = new FuseInitOut { Major = Major, Minor = Minor };
        if (offer.Major > Major)
        {
            reply.Add(answer);
            return Errno.None;
        }
        if (offer.Major < Major || offer.Minor < MinorMin)
            return Errno.EPROTO;
        FuseInitFlags flags = Wanted & ((FuseInitFlags)offer.Flags | (FuseInitFlags)((ulong)offer.Flags2 << 32));
        if (!writebackCache)
            flags &= ~FuseInitFlags.WritebackCache;
        connection = new FuseConnection(Math.Min(Minor, offer.Minor), flags);
        answer.Minor = connection.Minor;
        answer.MaxReadAhead = offer.MaxReadAhead;
        answer.Flags = (uint)flags;
        answer.Flags2 = (uint)((ulong)flags >> 32);
        answer.MaxBackground = BackgroundRequestsMax;
        answer.CongestionThreshold = BackgroundRequestsMax * 3 / 4;
        answer.MaxWrite = TransferBytesMax;
        answer.MaxPages = TransferBytesMax / NativeBuffer.PageBytes;
        answer.TimeGranularityNs = 1;
        reply.Add(answer);
        return Errno.None;
    }

    private static bool TryRead(ref FuseRequest request, out FuseInitIn offer)
    {
        // Before 7.36 the structure ends in front of Flags2; absent bits read as zero.
        Span<byte> padded = stackalloc byte[Unsafe.SizeOf<FuseInitIn>()];
        padded.Clear();
        ReadOnlySpan<byte> sent = request.Rest;
        sent[..Math.Min(sent.Length, padded.Length)].CopyTo(padded);
        offer = System.Runtime.InteropServices.MemoryMarshal.Read<FuseInitIn>(padded);
        if ((offer.Flags & (uint)FuseInitFlags.InitExt) == 0)
            offer.Flags2 = 0;
        return sent.Length >= 16;
    }
}
