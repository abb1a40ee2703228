using Hartfs.Conformance.Targets;
using Xunit;

namespace Hartfs.Conformance.Posix;

/// <summary>The suite on the host's own file system: what fails here is the suite's fault.</summary>
public sealed class HostPosixTests(HostDirectory target) : PosixSuite(target), IClassFixture<HostDirectory>;
