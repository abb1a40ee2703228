using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hartfs.Fuse.Protocol;
using Xunit;

namespace Hartfs.Tests.Fuse;

/// <summary>The numbers come from compiling include/uapi/linux/fuse.h (7.38 and 7.45) on x86-64.</summary>
public sealed class FuseStructTests
{
    [Fact]
    public void Request_structures_have_the_sizes_of_the_kernel_header()
    {
        Assert.Equal(40, Unsafe.SizeOf<FuseInHeader>());
        Assert.Equal(20, Unsafe.SizeOf<FuseInitIn>());
        Assert.Equal(8, Unsafe.SizeOf<FuseForgetIn>());
        Assert.Equal(16, Unsafe.SizeOf<FuseForgetOne>());
        Assert.Equal(8, Unsafe.SizeOf<FuseBatchForgetIn>());
        Assert.Equal(88, Unsafe.SizeOf<FuseSetAttrIn>());
        Assert.Equal(16, Unsafe.SizeOf<FuseMkNodIn>());
        Assert.Equal(8, Unsafe.SizeOf<FuseMkDirIn>());
        Assert.Equal(8, Unsafe.SizeOf<FuseRenameIn>());
        Assert.Equal(16, Unsafe.SizeOf<FuseRename2In>());
        Assert.Equal(8, Unsafe.SizeOf<FuseLinkIn>());
        Assert.Equal(16, Unsafe.SizeOf<FuseCreateIn>());
        Assert.Equal(40, Unsafe.SizeOf<FuseReadIn>());
        Assert.Equal(40, Unsafe.SizeOf<FuseWriteIn>());
        Assert.Equal(16, Unsafe.SizeOf<FuseSetXattrIn>());
        Assert.Equal(8, Unsafe.SizeOf<FuseSetXattrCompatIn>());
        Assert.Equal(8, Unsafe.SizeOf<FuseGetXattrIn>());
        Assert.Equal(8, Unsafe.SizeOf<FuseInterruptIn>());
        Assert.Equal(32, Unsafe.SizeOf<FuseFAllocateIn>());
        Assert.Equal(24, Unsafe.SizeOf<FuseLSeekIn>());
        Assert.Equal(56, Unsafe.SizeOf<FuseCopyFileRangeIn>());
        Assert.Equal(24, Unsafe.SizeOf<FuseStatXIn>());
    }

    [Fact]
    public void Reply_structures_have_the_sizes_of_the_kernel_header()
    {
        Assert.Equal(16, Unsafe.SizeOf<FuseOutHeader>());
        Assert.Equal(64, Unsafe.SizeOf<FuseInitOut>());
        Assert.Equal(88, Unsafe.SizeOf<FuseAttr>());
        Assert.Equal(128, Unsafe.SizeOf<FuseEntryOut>());
        Assert.Equal(104, Unsafe.SizeOf<FuseAttrOut>());
        Assert.Equal(16, Unsafe.SizeOf<FuseOpenOut>());
        Assert.Equal(8, Unsafe.SizeOf<FuseWriteOut>());
        Assert.Equal(80, Unsafe.SizeOf<FuseStatFsOut>());
        Assert.Equal(8, Unsafe.SizeOf<FuseGetXattrOut>());
        Assert.Equal(8, Unsafe.SizeOf<FuseLSeekOut>());
        Assert.Equal(8, Unsafe.SizeOf<FuseCopyFileRangeOut>());
        Assert.Equal(256, Unsafe.SizeOf<FuseStatX>());
        Assert.Equal(288, Unsafe.SizeOf<FuseStatXOut>());
        Assert.Equal(24, Unsafe.SizeOf<FuseDirent>());
        Assert.Equal(152, Unsafe.SizeOf<FuseDirentPlus>());
        Assert.Equal(24, Unsafe.SizeOf<FuseNotifyInvalidateInode>());
        Assert.Equal(16, Unsafe.SizeOf<FuseNotifyInvalidateEntry>());
        Assert.Equal(16, Unsafe.SizeOf<FuseNotifyPrune>());
    }

    [Theory]
    [InlineData(typeof(FuseInHeader), nameof(FuseInHeader.Unique), 8)]
    [InlineData(typeof(FuseInHeader), nameof(FuseInHeader.NodeId), 16)]
    [InlineData(typeof(FuseInHeader), nameof(FuseInHeader.ExtensionLength), 36)]
    [InlineData(typeof(FuseInitIn), nameof(FuseInitIn.Flags2), 16)]
    [InlineData(typeof(FuseSetAttrIn), nameof(FuseSetAttrIn.Size), 16)]
    [InlineData(typeof(FuseSetAttrIn), nameof(FuseSetAttrIn.AccessTime), 32)]
    [InlineData(typeof(FuseSetAttrIn), nameof(FuseSetAttrIn.ChangeTime), 48)]
    [InlineData(typeof(FuseSetAttrIn), nameof(FuseSetAttrIn.AccessTimeNs), 56)]
    [InlineData(typeof(FuseSetAttrIn), nameof(FuseSetAttrIn.Mode), 68)]
    [InlineData(typeof(FuseSetAttrIn), nameof(FuseSetAttrIn.Uid), 76)]
    [InlineData(typeof(FuseSetAttrIn), nameof(FuseSetAttrIn.Gid), 80)]
    [InlineData(typeof(FuseWriteIn), nameof(FuseWriteIn.WriteFlags), 20)]
    [InlineData(typeof(FuseCopyFileRangeIn), nameof(FuseCopyFileRangeIn.TargetOffset), 32)]
    [InlineData(typeof(FuseInitOut), nameof(FuseInitOut.MaxBackground), 16)]
    [InlineData(typeof(FuseInitOut), nameof(FuseInitOut.CongestionThreshold), 18)]
    [InlineData(typeof(FuseInitOut), nameof(FuseInitOut.MaxWrite), 20)]
    [InlineData(typeof(FuseInitOut), nameof(FuseInitOut.TimeGranularityNs), 24)]
    [InlineData(typeof(FuseInitOut), nameof(FuseInitOut.MaxPages), 28)]
    [InlineData(typeof(FuseInitOut), nameof(FuseInitOut.MapAlignment), 30)]
    [InlineData(typeof(FuseInitOut), nameof(FuseInitOut.Flags2), 32)]
    [InlineData(typeof(FuseInitOut), nameof(FuseInitOut.MaxStackDepth), 36)]
    [InlineData(typeof(FuseInitOut), nameof(FuseInitOut.RequestTimeout), 40)]
    [InlineData(typeof(FuseEntryOut), nameof(FuseEntryOut.EntryValidNs), 32)]
    [InlineData(typeof(FuseEntryOut), nameof(FuseEntryOut.Attr), 40)]
    [InlineData(typeof(FuseAttr), nameof(FuseAttr.Mode), 60)]
    [InlineData(typeof(FuseAttr), nameof(FuseAttr.BlockSize), 80)]
    [InlineData(typeof(FuseStatX), nameof(FuseStatX.Inode), 32)]
    [InlineData(typeof(FuseStatX), nameof(FuseStatX.BirthTime), 80)]
    [InlineData(typeof(FuseStatX), nameof(FuseStatX.DeviceMajor), 128)]
    [InlineData(typeof(FuseStatXOut), nameof(FuseStatXOut.Stat), 32)]
    [InlineData(typeof(FuseDirentPlus), nameof(FuseDirentPlus.Dirent), 128)]
    public void Fields_lie_where_the_kernel_puts_them(Type type, string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf(type, field));
}
