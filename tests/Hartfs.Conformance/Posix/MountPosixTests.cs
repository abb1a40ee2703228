using Hartfs.Conformance.Targets;
using Xunit;

namespace Hartfs.Conformance.Posix;

/// <summary>The suite on a mounted volume.</summary>
[Collection(MountCollection.Name)]
public sealed class MountPosixTests(HartfsMount target) : PosixSuite(target);
