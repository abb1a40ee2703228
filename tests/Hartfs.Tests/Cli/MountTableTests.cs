using Hartfs.Cli.Mounting;
using Xunit;

namespace Hartfs.Tests.Cli;

public sealed class MountTableTests
{
    [Fact]
    public void Only_mounts_of_hartfs_are_listed_and_escapes_are_undone()
    {
        string[] lines =
        [
            "21 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw",
            @"40 21 0:44 / /mnt/my\040disk rw,nosuid shared:7 master:2 - fuse.hartfs /srv/a\134b\011c rw,user_id=0",
            "41 21 0:45 / /mnt/other rw - fuse.sshfs host:/ rw",
            @"42 21 0:46 / /mnt/\303\244 rw - fuse.hartfs /srv/ä rw",
            "garbage",
            "1 2 3 4 5 -",
            "",
        ];
        Assert.Equal(
            [new MountTableEntry("/mnt/my disk", "/srv/a\\b\tc"), new MountTableEntry("/mnt/ä", "/srv/ä")],
            MountTable.Parse(lines));
    }
}
