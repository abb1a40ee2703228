using Xunit;

// A process has one umask, and a machine that runs the suites one mount at a time gives clear failures.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
