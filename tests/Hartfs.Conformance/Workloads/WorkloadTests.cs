using Hartfs.Conformance.Targets;
using Xunit;

namespace Hartfs.Conformance.Workloads;

/// <summary>The programs on the host's own file system: what fails here is the suite's fault.</summary>
public sealed class HostWorkloadTests(HostDirectory target) : WorkloadSuite(target), IClassFixture<HostDirectory>;

/// <summary>The programs on a mounted volume.</summary>
[Collection(MountCollection.Name)]
public sealed class MountWorkloadTests(HartfsMount target) : WorkloadSuite(target);
