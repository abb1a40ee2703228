using Xunit;

namespace Hartfs.Tests.Core.Collection;

/// <summary>Parity goes with its pack; a crash between the two, or a computation meanwhile, leaves it.</summary>
public sealed class ParityDebrisTests : CollectionTest
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Parity_whose_pack_is_gone_goes_after_a_crash_or_with_the_next_collection(bool isCrash)
    {
        Make("gone", Noise(60_000, 1));
        Make("kept", Noise(60_000, 2));
        Ok(Volume.Commit());
        Remove("gone");
        Collect();
        string parity = Path.Combine(Temp.Path, "packs", "00", $"{1:x16}.parity");
        Assert.False(File.Exists(Path.ChangeExtension(parity, ".pack")));
        File.WriteAllBytes(parity, [1]);
        if (isCrash)
            Temp.Crash();
        else
            Collect();
        Assert.False(File.Exists(Path.Combine(Temp.Path, "packs", "00", $"{1:x16}.parity")));
    }
}
